import CommandBus
import Synchronization

/// Randomness that one seed repeats: SplitMix64.
package final class SeededRandom: RandomSource {
    package let seed: UInt64
    private let state: Mutex<UInt64>

    package init(seed: UInt64) {
        self.seed = seed
        state = Mutex(seed)
    }

    package func next() -> UInt64 {
        let step = state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            return state
        }
        // Steele, Lea and Flood, "Fast splittable pseudorandom number generators", the finaliser of figure 16.
        var mixed = (step ^ (step >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A whole number of a range; every value is equally likely.
    package func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(number(below: UInt64(range.upperBound - range.lowerBound) + 1))
    }
}

import Support
import Synchronization
import Testing

@testable import CommandBus

@Suite("New identifiers and randomness")
struct IdentifierTests {
    @Test("An identifier says its kind, and keeps its own rule")
    func form() throws {
        let random = SeededRandom(seed: 7)
        let id = BookingID.make(at: Timestamp(milliseconds: 1_795_501_800_000), random: random)
        #expect(id.raw.hasPrefix("b_"))
        #expect(id.raw.utf8.count == 22)
        #expect(throws: Never.self) { try BookingID(refining: id.raw) }
        #expect(AccountID.make(at: Timestamp(milliseconds: 0), random: random).raw.hasPrefix("a_000000000"))
    }

    @Test("Identifiers sort by the time at which they were made", arguments: 1...3)
    func order(seed: UInt64) {
        let random = SeededRandom(seed: seed)
        var milliseconds: Int64 = 1_700_000_000_000
        var last = BookingID.make(at: Timestamp(milliseconds: milliseconds), random: random)
        for _ in 0..<2000 {
            milliseconds += Int64(random.number(in: 1...10_000_000))
            let next = BookingID.make(at: Timestamp(milliseconds: milliseconds), random: random)
            #expect(last.raw < next.raw)
            last = next
        }
    }

    @Test("Identifiers of one millisecond differ")
    func uniqueness() {
        let now = Timestamp(milliseconds: 1_795_501_800_000)
        let ids = Set((0..<10_000).map { _ in BookingID.make(at: now, random: SystemRandomSource()) })
        #expect(ids.count == 10_000)
        #expect(Set(ids.map { $0.raw.prefix(11) }).count == 1)
    }

    @Test("A number below a bound is one, and each is equally likely")
    func numbers() {
        let random = SeededRandom(seed: 3)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[Int(random.number(below: 7))] += 1 }
        #expect(counts.allSatisfy { (9600...10_400).contains($0) }, "\(counts)")
        #expect(random.number(below: 1) == 0)
    }

    @Test("Numbers that would favour small results are drawn again")
    func rejection() {
        // Above the last whole multiple of the bound: taken as they are they would give 0 and 5.
        let bound: UInt64 = 1 << 63 | 1
        #expect(Fixed([.max, bound, 4]).number(below: bound) == 4)
    }

    @Test("Bytes come in any number", arguments: [0, 1, 7, 8, 9, 32])
    func bytes(count: Int) {
        #expect(SeededRandom(seed: 1).bytes(count).count == count)
        #expect(Array(SeededRandom(seed: 1).bytes(count + 8).prefix(count)) == SeededRandom(seed: 1).bytes(count))
    }
}

/// Gives the numbers that it was given.
private final class Fixed: RandomSource {
    private let numbers: [UInt64]
    private let index = Index()

    init(_ numbers: [UInt64]) { self.numbers = numbers }

    func next() -> UInt64 { numbers[index.advance() % numbers.count] }
}

private final class Index: Sendable {
    private let value = Mutex(0)

    func advance() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}

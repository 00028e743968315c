import CommandBus
import Synchronization

/// Admits all guesses, or none, and counts those that were not given back.
final class CountedGuesses: GuessLimiter {
    private struct State {
        var spent = 0
        var refusal: Int?
    }

    private let state = Mutex(State())

    var spent: Int { state.withLock { $0.spent } }

    /// - Parameter seconds: for which guesses are refused from now on; nil to admit them.
    func refuse(for seconds: Int?) {
        state.withLock { $0.refusal = seconds }
    }

    func take(_ budgets: [GuessBudget], at now: Timestamp) async -> Int? {
        state.withLock { state in
            if let refusal = state.refusal { return refusal }
            state.spent += 1
            return nil
        }
    }

    func giveBack(_ budgets: [GuessBudget], at now: Timestamp) async {
        state.withLock { $0.spent -= 1 }
    }
}

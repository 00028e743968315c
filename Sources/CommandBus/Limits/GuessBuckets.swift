import Synchronization

/// Bounds guesses by token buckets in memory, for a server that is alone.
package final class GuessBuckets: GuessLimiter {
    private let shelf = Mutex(BucketShelf<String>())

    package init() {}

    package func take(_ budgets: [GuessBudget], at now: Timestamp) async -> Int? {
        shelf.withLock { $0.take(budgets.map { ($0.name, $0.rate) }, at: now) }
    }

    package func giveBack(_ budgets: [GuessBudget], at now: Timestamp) async {
        shelf.withLock { $0.giveBack(budgets.map { ($0.name, $0.rate) }, at: now) }
    }

    /// How many buckets there are; a full one need not be kept.
    var count: Int { shelf.withLock { $0.count } }
}

/// Admits every guess, where nothing is limited.
package struct UnlimitedGuesses: GuessLimiter {
    package init() {}

    package func take(_ budgets: [GuessBudget], at now: Timestamp) async -> Int? { nil }
    package func giveBack(_ budgets: [GuessBudget], at now: Timestamp) async {}
}

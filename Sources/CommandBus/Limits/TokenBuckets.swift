import Synchronization

/// How fast calls of a class are admitted: on average `perSecond`, at most `burst` at once.
package struct Rate: Sendable, Hashable {
    package let perSecond: Double
    package let burst: Int

    package init(perSecond: Double, burst: Int) {
        precondition(perSecond > 0 && burst >= 1, "a rate admits something")
        self.perSecond = perSecond
        self.burst = burst
    }
}

/// Admits calls by token buckets in memory, for a server that is alone.
package final class TokenBuckets: RateLimiter {
    private struct Key: Hashable {
        let subject: RateSubject
        let cost: CostClass
    }

    private let rates: [CostClass: Rate]
    private let shelf = Mutex(BucketShelf<Key>())

    /// - Parameter rates: the rate of each class; one that is not there is not limited.
    package init(rates: [CostClass: Rate]) {
        self.rates = rates
    }

    package func admit(_ subject: RateSubject, _ cost: CostClass, at now: Timestamp) async -> Int? {
        guard let rate = rates[cost] else { return nil }
        return shelf.withLock { $0.take([(Key(subject: subject, cost: cost), rate)], at: now) }
    }

    /// How many buckets there are; a full one need not be kept.
    var count: Int { shelf.withLock { $0.count } }
}

package import CommandBus
package import Logging

/// Admits calls by token buckets in Redis, which all instances share.
///
/// If Redis does not answer, each instance admits by buckets of its own: a caller then has the rate once an instance,
/// never none.
package struct RedisRateLimiter: RateLimiter {
    /// Where the time comes from.
    package enum Time: Sendable {
        /// From Redis: instances' clocks differ.
        case redis
        /// From whoever asks; for tests, which can't move the clock of a Redis.
        case caller
    }

    private let buckets: RedisBuckets
    private let keys: RedisKeys
    private let rates: RateTable
    private let own: TokenBuckets
    private let outage: OutageNote

    /// - Parameters:
    ///   - rates: the rate of each class.
    ///   - client: run by the caller.
    ///   - keys: the names in Redis.
    ///   - time: the clock of the buckets.
    ///   - logger: is told when Redis does not answer, and when it does again.
    package init(
        rates: RateTable, client: RedisClient, keys: RedisKeys = RedisKeys(), time: Time = .redis, logger: Logger
    ) {
        self.rates = rates
        buckets = RedisBuckets(client: client, time: time)
        self.keys = keys
        outage = OutageNote(
            logger, away: "rates are limited by this instance alone", back: "rates are limited by all instances together"
        )
        own = TokenBuckets(rates: rates)
    }

    package func admit(_ subject: RateSubject, _ cost: CostClass, at now: Timestamp) async -> Int? {
        guard let rate = rates.rate(of: subject, cost) else { return nil }
        do {
            let seconds = try await buckets.take([(key(subject, cost), rate)], at: now)
            outage.note(nil)
            return seconds
        } catch {
            outage.note(error)
            return await own.admit(subject, cost, at: now)
        }
    }

    private func key(_ subject: RateSubject, _ cost: CostClass) -> String {
        switch subject {
        case .account(let account): keys["rate", cost.rawValue, "account", account.raw]
        case .address(let address): keys["rate", cost.rawValue, "address", address]
        }
    }
}

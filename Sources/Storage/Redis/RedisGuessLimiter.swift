package import CommandBus
package import Logging

/// Bounds guesses by token buckets in Redis, which all instances share.
///
/// If Redis does not answer, each instance admits by buckets of its own: there are then as many guesses once an instance,
/// never any number.
package struct RedisGuessLimiter: GuessLimiter {
    private let buckets: RedisBuckets
    private let keys: RedisKeys
    private let own = GuessBuckets()
    private let outage: OutageNote

    /// - Parameters:
    ///   - client: run by the caller.
    ///   - keys: the names in Redis.
    ///   - time: the clock of the buckets.
    ///   - logger: is told when Redis does not answer, and when it does again.
    package init(
        client: RedisClient, keys: RedisKeys = RedisKeys(), time: RedisRateLimiter.Time = .redis, logger: Logger
    ) {
        buckets = RedisBuckets(client: client, time: time)
        self.keys = keys
        outage = OutageNote(
            logger, away: "guesses are bounded by this instance alone",
            back: "guesses are bounded by all instances together"
        )
    }

    package func take(_ budgets: [GuessBudget], at now: Timestamp) async -> Int? {
        do {
            let seconds = try await buckets.take(named(budgets), at: now)
            outage.note(nil)
            return seconds
        } catch {
            outage.note(error)
            return await own.take(budgets, at: now)
        }
    }

    package func giveBack(_ budgets: [GuessBudget], at now: Timestamp) async {
        // Where the tries were taken from is not known; a bucket that is full takes none back.
        await own.giveBack(budgets, at: now)
        do {
            try await buckets.giveBack(named(budgets), at: now)
            outage.note(nil)
        } catch {
            outage.note(error)
        }
    }

    private func named(_ budgets: [GuessBudget]) -> [(key: String, rate: Rate)] {
        budgets.map { (keys["guess", $0.name], $0.rate) }
    }
}

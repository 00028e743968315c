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

    private let client: RedisClient
    private let keys: RedisKeys
    private let rates: [CostClass: Rate]
    private let time: Time
    private let own: TokenBuckets
    private let outage: OutageNote

    /// - Parameters:
    ///   - rates: the rate of each class; one that is not there is not limited.
    ///   - client: run by the caller.
    ///   - keys: the names in Redis.
    ///   - time: the clock of the buckets.
    ///   - logger: is told when Redis does not answer, and when it does again.
    package init(
        rates: [CostClass: Rate], client: RedisClient, keys: RedisKeys = RedisKeys(), time: Time = .redis, logger: Logger
    ) {
        self.rates = rates
        self.client = client
        self.keys = keys
        self.time = time
        outage = OutageNote(
            logger, away: "rates are limited by this instance alone", back: "rates are limited by all instances together"
        )
        own = TokenBuckets(rates: rates)
    }

    package func admit(_ subject: RateSubject, _ cost: CostClass, at now: Timestamp) async -> Int? {
        guard let rate = rates[cost] else { return nil }
        let caller =
            switch time {
            case .redis: ""
            case .caller: String(now.milliseconds)
            }
        do {
            let reply = try await client.run(
                Self.script, keys: [key(subject, cost)],
                arguments: [.text("\(rate.perSecond)"), .integer(rate.burst), .text(caller)]
            )
            guard case .integer(let seconds) = reply else { throw UnexpectedReply() }
            outage.note(nil)
            return seconds == 0 ? nil : Int(seconds)
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

    /// Takes one call from a bucket; the arithmetic is that of ``TokenBuckets``.
    ///
    /// Atomic, because two who read the same last token would both take it.
    ///
    /// `KEYS`: the bucket. `ARGV`: tokens a second, tokens of a full bucket, milliseconds now (empty: Redis's own).
    /// Returns 0 if the call is admitted, else the seconds after which one may be.
    private static let script = RedisScript(
        """
        local rate, burst, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        if not now then
            local time = redis.call('TIME')
            now = time[1] * 1000 + math.floor(time[2] / 1000)
        end
        local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
        local tokens, at = tonumber(bucket[1]), tonumber(bucket[2])
        if not tokens or not at then tokens, at = burst, now end
        -- A clock that was set back refills nothing.
        local refilled = math.min(burst, tokens + math.max(0, now - at) / 1000 * rate)
        if refilled < 1 then
            -- A refusal leaves the bucket as it is, but for such a clock: nobody waits for it to catch up.
            if now < at then redis.call('HSET', KEYS[1], 'at', string.format('%.0f', now)) end
            return math.max(1, math.ceil((1 - refilled) / rate))
        end
        tokens = refilled - 1
        redis.call('HSET', KEYS[1], 'tokens', string.format('%.17g', tokens), 'at', string.format('%.0f', now))
        -- A full bucket need not be kept. Ten seconds more than it takes, for the arithmetic to have the last word.
        redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / rate * 1000) + 10000)
        return 0
        """
    )
}

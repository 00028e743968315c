import Synchronization

/// How fast calls of a class are admitted: on average `perSecond`, at most `burst` at once.
package struct Rate: Sendable, Equatable {
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

    private struct Bucket {
        var tokens: Double
        var at: Timestamp
    }

    private struct State {
        var buckets: [Key: Bucket] = [:]
        var sweepAt = 4096
    }

    private let rates: [CostClass: Rate]
    private let state = Mutex(State())

    /// - Parameter rates: the rate of each class; one that is not there is not limited.
    package init(rates: [CostClass: Rate]) {
        self.rates = rates
    }

    package func admit(_ subject: RateSubject, _ cost: CostClass, at now: Timestamp) async -> Int? {
        guard let rate = rates[cost] else { return nil }
        return state.withLock { state in
            let key = Key(subject: subject, cost: cost)
            let tokens = Self.refilled(state.buckets[key], rate, now)
            guard tokens >= 1 else {
                // A refusal leaves the bucket as it is, but for a clock that was set back: nobody waits for it to catch up.
                if let bucket = state.buckets[key], now < bucket.at {
                    state.buckets[key] = Bucket(tokens: bucket.tokens, at: now)
                }
                return max(1, Int(((1 - tokens) / rate.perSecond).rounded(.up)))
            }
            state.buckets[key] = Bucket(tokens: tokens - 1, at: now)
            sweepIfDue(&state, now)
            return nil
        }
    }

    /// How many buckets there are; a full one need not be kept.
    var count: Int { state.withLock { $0.buckets.count } }

    /// Forgets full buckets whenever their number has doubled, which costs a constant share of each call.
    private func sweepIfDue(_ state: inout State, _ now: Timestamp) {
        guard state.buckets.count > state.sweepAt else { return }
        state.buckets = state.buckets.filter { key, bucket in
            rates[key.cost].map { Self.refilled(bucket, $0, now) < Double($0.burst) } ?? false
        }
        state.sweepAt = max(4096, state.buckets.count * 2)
    }

    private static func refilled(_ bucket: Bucket?, _ rate: Rate, _ now: Timestamp) -> Double {
        guard let bucket else { return Double(rate.burst) }
        // A clock that was set back refills nothing.
        let seconds = Double(max(0, now.milliseconds - bucket.at.milliseconds)) / 1000
        return min(Double(rate.burst), bucket.tokens + seconds * rate.perSecond)
    }
}

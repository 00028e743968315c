/// Token buckets and their arithmetic, which is that of the scripts that do the same in Redis.
///
/// A bucket that is full is not kept: it is what a bucket is that was never there.
struct BucketShelf<Key: Hashable & Sendable>: Sendable {
    private struct Bucket {
        var tokens: Double
        var at: Timestamp
        let rate: Rate
    }

    /// One token, but for what sums of fractions are wrong by: whoever comes back after the wait finds one.
    private static var one: Double { 1 - 1e-9 }

    private var buckets: [Key: Bucket] = [:]
    private var sweepAt = 4096

    /// How many buckets there are.
    var count: Int { buckets.count }

    /// Takes one token from each of some buckets, or from none.
    ///
    /// - Parameter wanted: the buckets, each once, and the rates at which they fill.
    /// - Returns: nil if they were taken, else the seconds after which they can be (rounded up, at least 1).
    mutating func take(_ wanted: [(key: Key, rate: Rate)], at now: Timestamp) -> Int? {
        var wait: Int?
        for (key, rate) in wanted {
            let tokens = refilled(key, rate, now)
            guard tokens < Self.one else { continue }
            // A refusal leaves the bucket as it is, but for a clock that was set back: nobody waits for it to catch up.
            if let bucket = buckets[key], now < bucket.at { buckets[key]?.at = now }
            wait = max(wait ?? 1, Int(((Self.one - tokens) / rate.perSecond).rounded(.up)))
        }
        if let wait { return wait }
        for (key, rate) in wanted {
            buckets[key] = Bucket(tokens: max(0, refilled(key, rate, now) - 1), at: now, rate: rate)
        }
        sweepIfDue(now)
        return nil
    }

    /// Gives one token back to each of some buckets.
    mutating func giveBack(_ given: [(key: Key, rate: Rate)], at now: Timestamp) {
        for (key, rate) in given {
            guard let bucket = buckets[key] else { continue }
            let tokens = refilled(key, rate, now) + 1
            // Others may have taken since: what was refilled until then must not be refilled a second time.
            buckets[key] = tokens < Double(rate.burst) ? Bucket(tokens: tokens, at: max(now, bucket.at), rate: rate) : nil
        }
    }

    /// Forgets full buckets whenever their number has doubled, which costs a constant share of each call.
    private mutating func sweepIfDue(_ now: Timestamp) {
        guard buckets.count > sweepAt else { return }
        buckets = buckets.filter { key, bucket in refilled(key, bucket.rate, now) < Double(bucket.rate.burst) }
        sweepAt = max(4096, buckets.count * 2)
    }

    private func refilled(_ key: Key, _ rate: Rate, _ now: Timestamp) -> Double {
        guard let bucket = buckets[key] else { return Double(rate.burst) }
        // A clock that was set back refills nothing.
        let seconds = Double(max(0, now.milliseconds - bucket.at.milliseconds)) / 1000
        return min(Double(rate.burst), bucket.tokens + seconds * rate.perSecond)
    }
}

import CommandBus

/// Token buckets in Redis. Their arithmetic is that of the buckets in memory (``TokenBuckets``, ``GuessBuckets``).
enum BucketScripts {
    /// Takes one token from each bucket, or from none.
    ///
    /// Atomic, because two who read the same last token would both take it.
    ///
    /// `KEYS`: the buckets, each once. `ARGV`: milliseconds now (empty: Redis's own), then of each bucket its tokens a
    /// second and its tokens when it is full. Returns 0 if they were taken, else the seconds after which they can be.
    static let take = RedisScript(
        arithmetic + """
            local wait = 0
            local refilled = {}
            for index = 1, #KEYS do
                local rate, burst = rates(index)
                local tokens, at = read(index, rate, burst)
                refilled[index] = tokens
                if tokens < one then
                    -- A refusal leaves the bucket as it is, but for a clock that was set back: nobody waits for it to
                    -- catch up.
                    if now < at then redis.call('HSET', KEYS[index], 'at', string.format('%.0f', now)) end
                    wait = math.max(wait, 1, math.ceil((one - tokens) / rate))
                end
            end
            if wait > 0 then return wait end
            for index = 1, #KEYS do write(index, math.max(0, refilled[index] - 1), now) end
            return 0
            """
    )

    /// Gives one token back to each bucket; `KEYS` and `ARGV` as of ``take``.
    static let giveBack = RedisScript(
        arithmetic + """
            for index = 1, #KEYS do
                local rate, burst = rates(index)
                if redis.call('EXISTS', KEYS[index]) == 1 then
                    local tokens, at = read(index, rate, burst)
                    if tokens + 1 < burst then
                        -- Others may have taken since: what was refilled until then must not be refilled a second time.
                        write(index, tokens + 1, math.max(now, at))
                    else
                        redis.call('DEL', KEYS[index])
                    end
                end
            end
            return 0
            """
    )

    private static let arithmetic = """
        -- One token, but for what sums of fractions are wrong by.
        local one = 1 - 1e-9
        local now = tonumber(ARGV[1])
        if not now then
            local time = redis.call('TIME')
            now = time[1] * 1000 + math.floor(time[2] / 1000)
        end
        local function rates(index)
            return tonumber(ARGV[2 * index]), tonumber(ARGV[2 * index + 1])
        end
        local function read(index, rate, burst)
            local bucket = redis.call('HMGET', KEYS[index], 'tokens', 'at')
            local tokens, at = tonumber(bucket[1]), tonumber(bucket[2])
            if not tokens or not at then return burst, now end
            -- A clock that was set back refills nothing.
            return math.min(burst, tokens + math.max(0, now - at) / 1000 * rate), at
        end
        local function write(index, tokens, at)
            local rate, burst = rates(index)
            redis.call('HSET', KEYS[index], 'tokens', string.format('%.17g', tokens), 'at', string.format('%.0f', at))
            -- A full bucket need not be kept. Ten seconds more than it takes, for the arithmetic to have the last word.
            redis.call('PEXPIRE', KEYS[index], math.ceil((burst - tokens) / rate * 1000) + 10000)
        end

        """
}

/// The buckets of an installation, as an instance asks for them.
struct RedisBuckets: Sendable {
    let client: RedisClient
    let time: RedisRateLimiter.Time

    /// - Parameter buckets: the keys, each once, and the rates at which they fill.
    /// - Returns: nil if a token was taken from each, else the seconds after which it can be.
    /// - Throws: where Redis does not answer, or not with that.
    func take(_ buckets: [(key: String, rate: Rate)], at now: Timestamp) async throws -> Int? {
        let seconds = try await run(BucketScripts.take, buckets, now)
        return seconds == 0 ? nil : seconds
    }

    func giveBack(_ buckets: [(key: String, rate: Rate)], at now: Timestamp) async throws {
        _ = try await run(BucketScripts.giveBack, buckets, now)
    }

    private func run(_ script: RedisScript, _ buckets: [(key: String, rate: Rate)], _ now: Timestamp) async throws -> Int {
        let caller =
            switch time {
            case .redis: ""
            case .caller: String(now.milliseconds)
            }
        let reply = try await client.run(
            script, keys: buckets.map(\.key),
            arguments: [.text(caller)] + buckets.flatMap { [.text("\($0.rate.perSecond)"), .integer($0.rate.burst)] }
        )
        guard case .integer(let number) = reply else { throw UnexpectedReply() }
        return Int(number)
    }
}

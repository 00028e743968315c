package import CommandBus

/// The leases of a cluster: keys in Redis that expire.
///
/// A desk that forgets (a flush, a failover to a replica that lags) may give the same job to two at once; what keeps them
/// apart is the fence in the store, above which every token is.
package struct RedisLeases: LeaseDesk {
    private let client: RedisClient
    private let keys: RedisKeys
    private let random: any RandomSource

    /// - Parameters:
    ///   - client: run by the caller.
    ///   - keys: the names in Redis.
    ///   - random: names the holders.
    package init(client: RedisClient, keys: RedisKeys = RedisKeys(), random: any RandomSource) {
        self.client = client
        self.keys = keys
        self.random = random
    }

    package func acquire(_ job: String, above floor: Int64, for life: Duration) async throws -> Lease? {
        let holder = String(random.next(), radix: 36) + String(random.next(), radix: 36)
        let reply = try await client.run(
            LeaseScripts.acquire, keys: [keys["lease", job], keys["token", job]],
            arguments: [.text(holder), .integer(floor), .integer(max(1, life.milliseconds))]
        )
        switch reply {
        case .null: return nil
        case .integer(let token): return Lease(job: job, token: token, holder: holder)
        default: throw UnexpectedReply()
        }
    }

    package func renew(_ lease: Lease, for life: Duration) async throws -> Bool {
        try await client.run(
            LeaseScripts.renew, keys: [keys["lease", lease.job]],
            arguments: [.text(lease.holder), .integer(max(1, life.milliseconds))]
        ) == .integer(1)
    }

    package func release(_ lease: Lease) async {
        // A release that is lost only makes the next holder wait for the end of the lease.
        _ = try? await client.run(
            LeaseScripts.release, keys: [keys["lease", lease.job]], arguments: [.text(lease.holder)]
        )
    }
}

/// What holders ask of the key of a lease.
private enum LeaseScripts {
    /// Takes a lease that nobody holds, and gives it the next token.
    ///
    /// Atomic, because the order of the tokens is to be the order of the leases.
    ///
    /// `KEYS`: the lease, the last token of its job. `ARGV`: holder, floor of the token, life in milliseconds.
    /// Returns the token; nil if another holds the lease.
    static let acquire = RedisScript(
        """
        if redis.call('EXISTS', KEYS[1]) == 1 then return nil end
        local token = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[2])) + 1
        redis.call('SET', KEYS[2], string.format('%.0f', token))
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
        return token
        """
    )

    /// Makes a lease last on. Atomic, because between question and answer it could end and become another's.
    ///
    /// `KEYS`: the lease. `ARGV`: holder, life in milliseconds. Returns 1; 0 if it is not the holder's any more.
    static let renew = RedisScript(
        """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        return redis.call('PEXPIRE', KEYS[1], ARGV[2])
        """
    )

    /// Ends a lease. Atomic for the same reason.
    ///
    /// `KEYS`: the lease. `ARGV`: holder. Returns 1; 0 if it is not the holder's any more.
    static let release = RedisScript(
        """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        return redis.call('DEL', KEYS[1])
        """
    )
}

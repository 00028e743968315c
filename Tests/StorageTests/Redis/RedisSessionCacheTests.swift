import Auth
import CommandBus
import Storage
import Support
import Synchronization
import Testing

@Suite("The session cache in Redis")
struct RedisSessionCacheTests {
    let clock = TestClock()
    let account = AccountID(trusted: "a_1")
    let old = NamedTokens.principal(.rider, AccountID(trusted: "a_1"), epoch: 1)
    let new = NamedTokens.principal(.rider, AccountID(trusted: "a_1"), epoch: 2)
    let signIn = SessionEnd(account: AccountID(trusted: "a_1"), survivingEpoch: 2, reason: .replaced)

    func cache(
        _ house: RedisHouse, lifetime: Duration = .seconds(60), clock: any SteadyClock = HurriedClock()
    ) -> RedisSessionCache {
        RedisSessionCache(
            client: house.client, keys: house.keys, lifetime: lifetime, clock: clock, logger: StoreFixture.silent
        )
    }

    func found(_ token: String, in cache: RedisSessionCache) async -> Principal? {
        if case .found(let principal) = await cache.lookup(digest(token), at: clock.now()) { principal } else { nil }
    }

    func mark(_ token: String, in cache: RedisSessionCache) async throws -> SessionReadMark {
        guard case .missing(let mark) = await cache.lookup(digest(token), at: clock.now()) else { throw WasFound() }
        return mark
    }

    func insert(
        _ principal: Principal, _ token: String, _ cache: RedisSessionCache, after mark: SessionReadMark? = nil
    ) async throws {
        let mark = if let mark { mark } else { try await self.mark(token, in: cache) }
        await cache.insert(principal, for: digest(token), readAfter: mark, at: clock.now())
    }

    private struct WasFound: Error {}

    // MARK: - Entries

    @Test("What one instance has read another finds, and an account has one entry")
    func shared() async throws {
        try await RedisHouse.with { house in
            let (one, two) = (cache(house), cache(house))
            try await insert(old, "old", one)
            #expect(await found("old", in: two) == old)
            try await insert(new, "new", two)
            #expect(await found("new", in: one) == new)
            #expect(await found("old", in: one) == nil)
        }
    }

    @Test("An entry lives for one lifetime from its mark, not from its insertion")
    func lifetime() async throws {
        try await RedisHouse.with { house in
            let cache = cache(house)
            let mark = try await mark("old", in: cache)
            // The memory of the cache began long ago.
            try await house.send(["SET", "test:sessions:born", "0"])
            try await insert(old, "old", cache, after: SessionReadMark(value: mark.value - 60_000_001))
            #expect(await found("old", in: cache) == nil)
            try await insert(old, "old", cache, after: SessionReadMark(value: mark.value - 40_000_000))
            #expect(await found("old", in: cache) == old)
            for name in try await house.names() where !name.hasPrefix("sessions:") {
                guard case .integer(let left) = try await house.send(["PTTL", .text("test:" + name)]) else {
                    continue
                }
                #expect((1...20_000).contains(left), "\(name)")
            }
        }
    }

    @Test("An entry is not found from its limit on, by whoever's time has come to it; the store is asked then")
    func limit() async throws {
        try await RedisHouse.with { house in
            let cache = cache(house)
            let limit = clock.now().adding(seconds: 60)
            let mark = try await mark("old", in: cache)
            await cache.insert(old, for: digest("old"), readAfter: mark, until: limit, at: clock.now())
            clock.set(limit.adding(milliseconds: -1))
            #expect(await found("old", in: cache) == old)
            clock.set(limit)
            #expect(await found("old", in: cache) == nil)
            // It was used, and what was read then takes the place of the entry.
            let next = try await self.mark("old", in: cache)
            await cache.insert(old, for: digest("old"), readAfter: next, until: limit.adding(seconds: 60), at: limit)
            #expect(await found("old", in: cache) == old)
        }
    }

    @Test("An entry that its account does not name is not found")
    func evicted() async throws {
        try await RedisHouse.with { house in
            let cache = cache(house)
            try await insert(old, "old", cache)
            try await house.send(["DEL", "test:account:a_1"])
            #expect(await found("old", in: cache) == nil)
        }
    }

    // MARK: - Ends

    @Test("What has ended is not found any more, what survives is")
    func forget() async throws {
        try await RedisHouse.with { house in
            let cache = cache(house)
            try await insert(old, "old", cache)
            await cache.forget(signIn)
            #expect(await found("old", in: cache) == nil)
            try await insert(new, "new", cache)
            await cache.forget(signIn)
            #expect(await found("new", in: cache) == new)
            await cache.forget(SessionEnd(account: account, survivingEpoch: nil, reason: .closed))
            #expect(await found("new", in: cache) == nil)
        }
    }

    @Test("One token is forgotten, and the account's other entry is not")
    func forgetToken() async throws {
        try await RedisHouse.with { house in
            let cache = cache(house)
            try await insert(old, "first", cache)
            await cache.forget(digest("first"), of: account)
            #expect(await found("first", in: cache) == nil)
            try await insert(old, "second", cache)
            await cache.forget(digest("first"), of: account)
            #expect(await found("second", in: cache) == old)
        }
    }

    @Test("What was read before an end is not inserted after it; what was read after it is")
    func race() async throws {
        try await RedisHouse.with { house in
            let (reader, ender) = (cache(house), cache(house))
            let mark = try await mark("old", in: reader)
            await ender.forget(signIn)
            try await insert(old, "old", reader, after: mark)
            #expect(await found("old", in: reader) == nil)
            try await insert(new, "new", reader)
            #expect(await found("new", in: reader) == new)
        }
    }

    @Test("Control: without the tombstone it would be")
    func raceControl() async throws {
        try await RedisHouse.with { house in
            let cache = cache(house)
            let mark = try await mark("old", in: cache)
            await cache.forget(signIn)
            try await house.send(["DEL", "test:ended:a_1"])
            try await insert(old, "old", cache, after: mark)
            #expect(await found("old", in: cache) == old)
        }
    }

    @Test("The tombstone stays for longer than an insert could live that it refuses")
    func tombstone() async throws {
        try await RedisHouse.with { house in
            await cache(house).forget(signIn)
            guard case .integer(let left) = try await house.send(["PTTL", "test:ended:a_1"]) else {
                Issue.record("there is none")
                return
            }
            #expect((60_001...61_000).contains(left))
        }
    }

    @Test("The other token of a refresh is not inserted either")
    func raceOfRefresh() async throws {
        try await RedisHouse.with { house in
            let cache = cache(house)
            let mark = try await mark("old", in: cache)
            await cache.forget(digest("old"), of: account)
            try await insert(old, "old", cache, after: mark)
            #expect(await found("old", in: cache) == nil)
        }
    }

    @Test("Under many reads at once, nothing that has ended is found after its end")
    func storm() async throws {
        try await RedisHouse.with { house in
            let caches = (0..<4).map { _ in cache(house) }
            let store = LiveEpoch()
            let readers = (0..<12).map { index in
                Task {
                    var (hits, rounds) = (0, 0)
                    while !Task.isCancelled {
                        rounds += 1
                        // The live token, or the one before it.
                        let epoch = max(1, store.value - rounds % 2)
                        let (cache, token) = (caches[index % caches.count], "t\(epoch)")
                        switch await cache.lookup(digest(token), at: clock.now()) {
                        case .found: hits += 1
                        case .missing(let mark):
                            guard store.value == epoch else { continue }
                            let principal = NamedTokens.principal(.rider, account, epoch: epoch)
                            await cache.insert(principal, for: digest(token), readAfter: mark, at: clock.now())
                        }
                    }
                    return hits
                }
            }
            for round in 1...150 {
                let ended = store.advance()
                await caches[round % caches.count].forget(
                    SessionEnd(account: account, survivingEpoch: ended + 1, reason: .replaced)
                )
                for cache in caches { #expect(await found("t\(ended)", in: cache) == nil) }
            }
            for reader in readers { reader.cancel() }
            var hits = 0
            for reader in readers { hits += await reader.value }
            #expect(hits > 0, "the cache was of use")
        }
    }
}

/// A store that knows one thing: which epoch of the account lives.
private final class LiveEpoch: Sendable {
    private let state = Mutex(1)

    var value: Int { state.withLock { $0 } }

    /// Ends the live one, and tells which it was.
    func advance() -> Int {
        state.withLock { epoch in
            epoch += 1
            return epoch - 1
        }
    }
}

import Auth
import CommandBus
import Storage
import Support
import Testing

extension RedisSessionCacheTests {
    @Test("A flush takes entries and tombstones: what was read before it is not inserted after it")
    func flush() async throws {
        try await RedisHouse.with { house in
            let cache = cache(house)
            let mark = try await mark("old", in: cache)
            await cache.forget(signIn)
            try await house.server.flush()
            try await insert(old, "old", cache, after: mark)
            #expect(await found("old", in: cache) == nil)
            // Nor when somebody has begun to use the cache again.
            try await insert(old, "old", cache, after: mark)
            #expect(await found("old", in: cache) == nil)
            try await insert(new, "new", cache)
            #expect(await found("new", in: cache) == new)
        }
    }

    @Test("Control: without the time of birth it would be")
    func flushControl() async throws {
        try await RedisHouse.with { house in
            let cache = cache(house)
            let mark = try await mark("old", in: cache)
            await cache.forget(signIn)
            try await house.server.flush()
            try await house.send(["SET", "test:sessions:born", "0"])
            try await insert(old, "old", cache, after: mark)
            #expect(await found("old", in: cache) == old)
        }
    }

    @Test("A mark of the future, from before the clock was set back, is refused")
    func future() async throws {
        try await RedisHouse.with { house in
            let cache = cache(house)
            let mark = try await mark("old", in: cache)
            try await insert(old, "old", cache, after: SessionReadMark(value: mark.value + 50_000_000))
            #expect(await found("old", in: cache) == nil)
        }
    }

    @Test("Without Redis nothing is found or inserted, and an end waits for one lifetime")
    func away() async throws {
        try await RedisHouse.with(client: RedisHouse.hasty) { house in
            let steady = HurriedClock()
            let cache = cache(house, clock: steady)
            let mark = try await mark("old", in: cache)
            try await house.server.kill()
            #expect(try await self.mark("old", in: cache).value == 0)
            try await insert(old, "old", cache, after: mark)
            try await insert(old, "old", cache, after: SessionReadMark(value: 0))
            await cache.forget(signIn)
            #expect(steady.slept >= .seconds(60))
            await cache.forget(digest("old"), of: account)
            #expect(steady.slept >= .seconds(120))
        }
    }

    @Test("An end does not wait when Redis comes back")
    func back() async throws {
        try await RedisHouse.with(client: RedisHouse.hasty) { house in
            let cache = cache(house, lifetime: .seconds(600), clock: SystemSteadyClock())
            try await insert(old, "old", cache)
            try await house.server.kill()
            let end = Task { await cache.forget(signIn) }
            try await house.server.restart()
            try await withDeadline(30, "the end to be told") { await end.value }
            #expect(try await house.value("ended:a_1") != nil)
        }
    }

    @Test("A Redis that stops and brings its entries back with it: none is found that has ended meanwhile")
    func stop() async throws {
        let options = RedisServer.Options(lines: ["appendonly yes", "appendfsync always"])
        try await RedisHouse.with(options, client: RedisHouse.hasty) { house in
            let other = NamedTokens.principal(.rider, AccountID(trusted: "a_2"))
            try await insert(other, "other", cache(house))
            #expect(await found("other", in: cache(house)) == other)
            let cache = cache(house, lifetime: .milliseconds(800), clock: SystemSteadyClock())
            try await insert(old, "old", cache)
            await house.server.stop()
            await cache.forget(signIn)
            try await house.server.restart()
            try await house.answers()
            #expect(await found("old", in: cache) == nil)
            #expect(await found("other", in: cache) == other, "entries do come back")
        }
    }

    @Test("A Redis that was paused judges by its own clock: none is found that has ended meanwhile")
    func pause() async throws {
        try await RedisHouse.with(client: RedisHouse.hasty) { house in
            let steady = SystemSteadyClock()
            let cache = cache(house, lifetime: .milliseconds(800), clock: steady)
            try await insert(old, "old", cache)
            house.server.pause()
            let begin = steady.now()
            await cache.forget(signIn)
            #expect(steady.now() - begin >= .milliseconds(800))
            house.server.resume()
            try await house.answers()
            #expect(await found("old", in: cache) == nil)
        }
    }

    @Test("A Redis that is full takes no entries, and still forgets")
    func full() async throws {
        try await RedisHouse.with(RedisServer.Options(maxMemory: 3_000_000)) { house in
            let steady = HurriedClock()
            let cache = cache(house, clock: steady)
            try await insert(old, "old", cache)
            let mark = try await mark("another", in: cache)
            let filling = RedisArgument.bytes([UInt8](repeating: 65, count: 10_000))
            await #expect(throws: RedisFailure.self) {
                for index in 0..<1000 { try await house.send(["SET", .text("filling\(index)"), filling]) }
            }
            #expect(await found("old", in: cache) == old)
            await cache.forget(signIn)
            #expect(steady.slept == .zero, "nobody had to wait")
            #expect(await found("old", in: cache) == nil)
            try await insert(new, "new", cache, after: mark)
            #expect(await found("new", in: cache) == nil)
        }
    }
}

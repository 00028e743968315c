import CommandBus
import Storage
import Support
import Testing

extension LimiterKind {
    func withGuesses(_ body: (any GuessLimiter) async throws -> Void) async throws {
        switch self {
        case .memory: try await body(GuessBuckets())
        case .redis:
            try await RedisHouse.with { house in
                try await body(
                    RedisGuessLimiter(client: house.client, keys: house.keys, time: .caller, logger: StoreFixture.silent)
                )
            }
        }
    }
}

@Suite("Guesses, bounded in memory and in Redis")
struct GuessLimiterTests {
    private let clock = TestClock()

    private func budget(_ name: String, burst: Int = 1, perSecond: Double = 0.1) -> GuessBudget {
        GuessBudget(name, Rate(perSecond: perSecond, burst: burst))
    }

    @Test("A guess is taken from all its budgets, or from none", arguments: LimiterKind.allCases)
    func allOrNone(kind: LimiterKind) async throws {
        try await kind.withGuesses { limiter in
            let (narrow, wide) = (budget("narrow", burst: 2), budget("wide", burst: 3))
            for _ in 0..<2 { #expect(await limiter.take([narrow, wide], at: clock.now()) == nil) }
            // Refused for the one, it costs the other nothing, in whichever order they are named.
            for _ in 0..<3 {
                #expect(await limiter.take([narrow, wide], at: clock.now()) == 10)
                #expect(await limiter.take([wide, narrow], at: clock.now()) == 10)
            }
            #expect(await limiter.take([wide], at: clock.now()) == nil)
            #expect(await limiter.take([wide], at: clock.now()) == 10)
        }
    }

    @Test("The wait is that of the budget that is empty longest", arguments: LimiterKind.allCases)
    func longestWait(kind: LimiterKind) async throws {
        try await kind.withGuesses { limiter in
            let both = [budget("quick", perSecond: 0.5), budget("slow", perSecond: 0.01)]
            #expect(await limiter.take(both, at: clock.now()) == nil)
            #expect(await limiter.take(both, at: clock.now()) == 100)
            #expect(await limiter.take(both.reversed(), at: clock.now()) == 100)
            clock.advance(seconds: 98)
            #expect(await limiter.take(both, at: clock.now()) == 2)
            clock.advance(seconds: 2)
            #expect(await limiter.take(both, at: clock.now()) == nil)
        }
    }

    @Test("What is given back is there again, and no more than that", arguments: LimiterKind.allCases)
    func givenBack(kind: LimiterKind) async throws {
        try await kind.withGuesses { limiter in
            let all = [budget("a", burst: 2), budget("b", burst: 3)]
            for _ in 0..<50 {
                #expect(await limiter.take(all, at: clock.now()) == nil)
                await limiter.giveBack(all, at: clock.now())
            }
            // More than was taken is not there either.
            await limiter.giveBack(all, at: clock.now())
            for _ in 0..<2 { #expect(await limiter.take(all, at: clock.now()) == nil) }
            #expect(await limiter.take(all, at: clock.now()) != nil)
        }
    }

    @Test("What is given back late refills nothing a second time", arguments: LimiterKind.allCases)
    func givenBackLate(kind: LimiterKind) async throws {
        try await kind.withGuesses { limiter in
            let one = [budget("a", burst: 10)]
            let early = clock.now()
            for _ in 0..<10 { #expect(await limiter.take(one, at: early) == nil) }
            clock.advance(seconds: 50)
            // Five have come back meanwhile, and are taken.
            for _ in 0..<5 { #expect(await limiter.take(one, at: clock.now()) == nil) }
            #expect(await limiter.take(one, at: clock.now()) == 10)
            await limiter.giveBack(one, at: early)
            #expect(await limiter.take(one, at: clock.now()) == nil)
            #expect(await limiter.take(one, at: clock.now()) == 10)
        }
    }

    @Test("A clock that was set back refills nothing, and locks nobody out", arguments: LimiterKind.allCases)
    func clockSetBack(kind: LimiterKind) async throws {
        try await kind.withGuesses { limiter in
            let both = [budget("a"), budget("b", burst: 5)]
            #expect(await limiter.take(both, at: clock.now()) == nil)
            clock.advance(seconds: -86_400)
            #expect(await limiter.take(both, at: clock.now()) == 10)
            await limiter.giveBack([budget("b", burst: 5)], at: clock.now())
            clock.advance(seconds: 10)
            #expect(await limiter.take(both, at: clock.now()) == nil)
        }
    }

    @Test("A hundred guesses at once are no more than a hundred one after another", arguments: LimiterKind.allCases)
    func concurrency(kind: LimiterKind) async throws {
        try await kind.withGuesses { limiter in
            let (now, all) = (clock.now(), [budget("a", burst: 10), budget("b", burst: 1000)])
            let admitted = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<200 { group.addTask { await limiter.take(all, at: now) == nil } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(admitted == 10)
            // The 190 that were refused cost the wide budget nothing.
            for _ in 0..<990 { #expect(await limiter.take([all[1]], at: now) == nil) }
            #expect(await limiter.take([all[1]], at: now) != nil)
        }
    }

    @Test("Instances share their budgets, whatever their clocks say, and a full one is not kept")
    func shared() async throws {
        try await RedisHouse.with { house in
            let instances = (0..<3).map { _ in
                RedisGuessLimiter(client: house.client, keys: house.keys, logger: StoreFixture.silent)
            }
            let budgets = [budget("a", burst: 6, perSecond: 0.001), budget("b", burst: 9, perSecond: 0.001)]
            for instance in instances {
                for _ in 0..<2 {
                    #expect(await instance.take(budgets, at: clock.now()) == nil)
                    clock.advance(seconds: 86_400)
                }
            }
            for instance in instances {
                let seconds = try #require(await instance.take(budgets, at: clock.now()))
                #expect((900...1000).contains(seconds))
            }
            #expect(try await house.names() == ["guess:a", "guess:b"])
            guard case .integer(let life) = try await house.send(["PTTL", "test:guess:a"]) else {
                Issue.record("the budget has no end")
                return
            }
            #expect((5_900_000...6_010_000).contains(life))
            for _ in 0..<6 { await instances[0].giveBack(budgets, at: clock.now()) }
            #expect(try await house.names() == [])
        }
    }

    @Test("Without Redis each instance bounds guesses by itself, and says so once an outage")
    func fallback() async throws {
        try await RedisHouse.with(client: RedisHouse.hasty) { house in
            let log = LogBook()
            let limiter = RedisGuessLimiter(client: house.client, keys: house.keys, logger: log.logger)
            let one = [budget("a", burst: 2, perSecond: 0.001)]
            #expect(await limiter.take(one, at: clock.now()) == nil)
            try await house.server.kill()
            for _ in 0..<2 { #expect(await limiter.take(one, at: clock.now()) == nil, "its own budget is full still") }
            #expect(await limiter.take(one, at: clock.now()) != nil)
            await limiter.giveBack(one, at: clock.now())
            #expect(await limiter.take(one, at: clock.now()) == nil)
            #expect(await limiter.take(one, at: clock.now()) != nil)
            #expect(log.lines.count == 1)
            #expect(log.lines.first?.hasPrefix("warning guesses are bounded by this instance alone") == true)
            try await house.server.restart()
            try await house.answers()
            #expect(await limiter.take(one, at: clock.now()) == nil)
            #expect(log.lines.last?.hasPrefix("info guesses are bounded by all instances together") == true)
        }
    }
}

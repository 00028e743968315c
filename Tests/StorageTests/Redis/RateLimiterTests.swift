import CommandBus
import Storage
import Support
import Testing

/// The limiters that have to admit alike.
enum LimiterKind: String, CaseIterable, Sendable {
    case memory
    case redis

    func with(_ rates: RateTable, _ body: (any RateLimiter) async throws -> Void) async throws {
        switch self {
        case .memory: try await body(TokenBuckets(rates: rates))
        case .redis:
            try await RedisHouse.with { house in
                try await body(
                    RedisRateLimiter(
                        rates: rates, client: house.client, keys: house.keys, time: .caller, logger: StoreFixture.silent
                    )
                )
            }
        }
    }
}

@Suite("Token buckets, in memory and in Redis")
struct RateLimiterTests {
    private let clock = TestClock()
    private let rider = RateSubject.account(AccountID(trusted: "a_1"))

    private func admit(
        _ limiter: any RateLimiter, _ subject: RateSubject? = nil, _ cost: CostClass = .write
    ) async -> Int? {
        await limiter.admit(subject ?? rider, cost, at: clock.now())
    }

    @Test("A burst is admitted, then one at a time as they come back", arguments: LimiterKind.allCases)
    func burst(kind: LimiterKind) async throws {
        try await kind.with([.write: Rate(perSecond: 2, burst: 3)]) { limiter in
            for _ in 0..<3 { #expect(await admit(limiter) == nil) }
            #expect(await admit(limiter) == 1)
            clock.advance(milliseconds: 499)
            #expect(await admit(limiter) == 1)
            clock.advance(milliseconds: 1)
            #expect(await admit(limiter) == nil)
            #expect(await admit(limiter) == 1)
            clock.advance(seconds: 3600)
            for _ in 0..<3 { #expect(await admit(limiter) == nil) }
            #expect(await admit(limiter) == 1)
        }
    }

    @Test("Who comes back when told is admitted, and not a second before", arguments: LimiterKind.allCases)
    func honest(kind: LimiterKind) async throws {
        for perSecond in [0.01, 0.1, 0.3, 0.7, 1.0, 3.0] {
            try await kind.with([.write: Rate(perSecond: perSecond, burst: 1)]) { limiter in
                #expect(await admit(limiter) == nil)
                let seconds = try #require(await admit(limiter))
                #expect(seconds == max(1, Int((1 / perSecond).rounded(.up))))
                if seconds > 1 {
                    clock.advance(seconds: seconds - 2)
                    #expect(await admit(limiter) != nil)
                    clock.advance(seconds: 2)
                } else {
                    clock.advance(seconds: 1)
                }
                #expect(await admit(limiter) == nil)
            }
        }
    }

    @Test("Being refused costs nothing", arguments: LimiterKind.allCases)
    func refusalsAreFree(kind: LimiterKind) async throws {
        try await kind.with([.write: Rate(perSecond: 1, burst: 1)]) { limiter in
            #expect(await admit(limiter) == nil)
            for _ in 0..<9 {
                clock.advance(milliseconds: 100)
                #expect(await admit(limiter) == 1)
            }
            clock.advance(milliseconds: 100)
            #expect(await admit(limiter) == nil)
        }
    }

    @Test("Each subject and each class has a bucket of its own", arguments: LimiterKind.allCases)
    func subjects(kind: LimiterKind) async throws {
        let rates: RateTable = [.write: Rate(perSecond: 1, burst: 1), .read: Rate(perSecond: 1, burst: 1)]
        try await kind.with(rates) { limiter in
            #expect(await admit(limiter) == nil)
            #expect(await admit(limiter, nil, .read) == nil)
            #expect(await admit(limiter, .account(AccountID(trusted: "a_2"))) == nil)
            #expect(await admit(limiter, .address("a_1")) == nil)
            #expect(await admit(limiter) == 1)
            for _ in 0..<5 { #expect(await admit(limiter, nil, .credential) == nil) }
        }
    }

    @Test("A clock that was set back refills nothing, and locks nobody out", arguments: LimiterKind.allCases)
    func clockSetBack(kind: LimiterKind) async throws {
        try await kind.with([.write: Rate(perSecond: 1, burst: 1)]) { limiter in
            let start = clock.now()
            #expect(await admit(limiter) == nil)
            clock.set(start.adding(seconds: -3600))
            #expect(await admit(limiter) == 1)
            clock.advance(seconds: 1)
            #expect(await admit(limiter) == nil)
        }
    }

    @Test("Of many at once no more than the burst is admitted", arguments: LimiterKind.allCases)
    func concurrency(kind: LimiterKind) async throws {
        try await kind.with([.write: Rate(perSecond: 1, burst: 10)]) { limiter in
            let (now, rider) = (clock.now(), rider)
            let admitted = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<200 { group.addTask { await limiter.admit(rider, .write, at: now) == nil } }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(admitted == 10)
        }
    }

    @Test("Instances share their buckets, whatever their clocks say, and a full bucket is not kept")
    func shared() async throws {
        try await RedisHouse.with { house in
            let instances = (0..<3).map { _ in
                RedisRateLimiter(
                    rates: [.write: Rate(perSecond: 0.001, burst: 6)], client: house.client, keys: house.keys,
                    logger: StoreFixture.silent
                )
            }
            for instance in instances {
                for _ in 0..<2 {
                    #expect(await admit(instance) == nil)
                    clock.advance(seconds: 86_400)
                }
            }
            for instance in instances {
                let seconds = try #require(await admit(instance))
                #expect((900...1000).contains(seconds))
            }
            #expect(try await house.names() == ["rate:write:account:a_1"])
            guard case .integer(let life) = try await house.send(["PTTL", "test:rate:write:account:a_1"]) else {
                Issue.record("the bucket has no end")
                return
            }
            #expect((5_900_000...6_010_000).contains(life))
        }
    }

    @Test("Without Redis each instance admits by itself, and says so once an outage")
    func fallback() async throws {
        try await RedisHouse.with(client: RedisHouse.hasty) { house in
            let log = LogBook()
            let limiter = RedisRateLimiter(
                rates: [.write: Rate(perSecond: 0.001, burst: 2)], client: house.client, keys: house.keys, logger: log.logger
            )
            #expect(await admit(limiter) == nil)
            try await house.server.kill()
            for _ in 0..<2 { #expect(await admit(limiter) == nil, "its own bucket is full still") }
            #expect(await admit(limiter) != nil)
            #expect(log.lines.count == 1)
            #expect(log.lines.first?.hasPrefix("warning rates are limited by this instance alone") == true)
            try await house.server.restart()
            try await house.answers()
            #expect(await admit(limiter) == nil)
            #expect(log.lines.count == 2)
            #expect(log.lines.last?.hasPrefix("info rates are limited by all instances together") == true)
        }
    }
}

import CommandBus
import Storage
import Support
import Testing

@Suite("Leases in Redis")
struct RedisLeasesTests {
    private let long: Duration = .seconds(60)

    private func desk(_ house: RedisHouse, seed: UInt64 = 1) -> RedisLeases {
        RedisLeases(client: house.client, keys: house.keys, random: SeededRandom(seed: seed))
    }

    @Test("Of many instances at once one gets the lease")
    func oneHolder() async throws {
        try await RedisHouse.with { house in
            let leases = await withTaskGroup(of: Lease?.self) { group in
                for seed in 0..<50 {
                    group.addTask { try? await desk(house, seed: UInt64(seed)).acquire("roll", above: 0, for: long) }
                }
                return await group.reduce(into: [Lease]()) { leases, lease in lease.map { leases.append($0) } }
            }
            #expect(leases.map(\.token) == [1])
            let backup = try await desk(house).acquire("backup", above: 0, for: long)
            #expect(backup?.token == 1)
        }
    }

    @Test("A lease that was given back is the next one's at once, one that has ended after its life")
    func next() async throws {
        try await RedisHouse.with { house in
            let desk = desk(house)
            let first = try #require(try await desk.acquire("roll", above: 0, for: long))
            #expect(try await desk.renew(first, for: long))
            await desk.release(first)
            #expect(try await !desk.renew(first, for: long))
            let second = try #require(try await desk.acquire("roll", above: 0, for: .milliseconds(50)))
            #expect(second.token == 2)
            try await RedisTest.eventually("the end of the lease") {
                try await desk.acquire("roll", above: 0, for: long)?.token == 3
            }
            #expect(try await !desk.renew(second, for: long))
            await desk.release(second)
            #expect(try await desk.acquire("roll", above: 0, for: long) == nil, "who lost a lease can't give it back")
        }
    }

    @Test("After a flush tokens are above the floor that the store tells")
    func floor() async throws {
        try await RedisHouse.with { house in
            let desk = desk(house)
            let lease = try #require(try await desk.acquire("roll", above: 41, for: long))
            #expect(lease.token == 42)
            try await house.server.flush()
            #expect(try await !desk.renew(lease, for: long))
            #expect(try await desk.acquire("roll", above: 42, for: long)?.token == 43)
        }
    }

    @Test("Without Redis there are no leases, and giving one back does no harm")
    func away() async throws {
        try await RedisHouse.with(client: RedisHouse.hasty) { house in
            let desk = desk(house)
            let lease = try #require(try await desk.acquire("roll", above: 0, for: long))
            try await house.server.kill()
            await #expect(throws: RedisFailure.self) { try await desk.acquire("backup", above: 0, for: long) }
            await #expect(throws: RedisFailure.self) { try await desk.renew(lease, for: long) }
            await desk.release(lease)
        }
    }

    @Test("A job goes from an instance that dies to another, which holds a higher token")
    func takeover() async throws {
        try await RedisHouse.with { house in
            let fixture = try await StoreFixture("leases")
            let job = { @Sendable (seed: UInt64) in
                LeasedJob(
                    "roll", every: .milliseconds(20), life: .seconds(20), desk: desk(house, seed: seed),
                    runner: fixture.runner, wallClock: fixture.clock, random: fixture.random, logger: StoreFixture.silent
                )
            }
            // It dies without a word: the lease is never renewed or given back.
            let dead = try #require(try await desk(house, seed: 1).acquire("roll", above: 0, for: .milliseconds(200)))
            try await fixture.work { work in
                guard try work.tx.raiseFence(of: "roll", to: dead.token) else { throw FencedOut(job: "roll") }
            }
            let tokens = Tokens()
            let next = Task {
                await job(2).run { runner in
                    try await runner.run(fixture.context()) { work in
                        try work.record("rolled", subject: "timetable", ["token": runner.lease.token])
                    }
                    tokens.add(runner.lease.token)
                }
            }
            try await RedisTest.eventually("three rounds") { tokens.all.count >= 3 }
            next.cancel()
            await next.value
            #expect(Set(tokens.all) == [2])
            await #expect(throws: FencedOut(job: "roll")) {
                try await fixture.work { work in
                    guard try work.tx.passFence(of: "roll", token: dead.token) else { throw FencedOut(job: "roll") }
                }
            }
        }
    }
}

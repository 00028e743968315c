import CommandBus
import Foundation
import Storage
import Support
import Testing

@Suite("Feed tickets in Redis")
struct RedisTicketShelfTests {
    private let clock = TestClock()
    private let rider = NamedTokens.principal(.rider, AccountID(trusted: "a_1"))

    private func shelf(_ house: RedisHouse) -> RedisTicketShelf {
        RedisTicketShelf(client: house.client, keys: house.keys, logger: StoreFixture.silent)
    }

    private func ticket(_ principal: Principal? = nil) -> StoredTicket {
        StoredTicket(principal: principal ?? rider, expiresAt: clock.now().adding(seconds: 30))
    }

    @Test("A ticket of one instance is taken at another, once, however many come with it")
    func once() async throws {
        try await RedisHouse.with { house in
            try await shelf(house).put(digest("t"), ticket(), life: 30, at: clock.now())
            #expect(try await shelf(house).take(digest("other"), at: clock.now()) == nil)
            let now = clock.now()
            let taken = await withTaskGroup(of: StoredTicket?.self) { group in
                for _ in 0..<50 { group.addTask { try? await shelf(house).take(digest("t"), at: now) } }
                return await group.reduce(into: [StoredTicket]()) { all, ticket in ticket.map { all.append($0) } }
            }
            #expect(taken == [ticket()])
            #expect(try await house.names() == [], "nothing is left of it")
        }
    }

    @Test("An account has eight at most: a further one ends its oldest; those of others, and spent ones, don't count")
    func bound() async throws {
        try await RedisHouse.with { house in
            let shelf = shelf(house)
            let other = NamedTokens.principal(.rider, AccountID(trusted: "a_2"))
            for index in 0..<8 {
                try await shelf.put(digest("mine\(index)"), ticket(), life: 30, at: clock.now())
                try await shelf.put(digest("other\(index)"), ticket(other), life: 30, at: clock.now())
            }
            #expect(try await shelf.take(digest("mine3"), at: clock.now()) != nil)
            try await shelf.put(digest("mine8"), ticket(), life: 30, at: clock.now())
            try await shelf.put(digest("mine9"), ticket(), life: 30, at: clock.now())
            var left: [Int] = []
            for index in 0..<10 where try await shelf.take(digest("mine\(index)"), at: clock.now()) != nil {
                left.append(index)
            }
            #expect(left == [1, 2, 4, 5, 6, 7, 8, 9])
            for index in 0..<8 { #expect(try await shelf.take(digest("other\(index)"), at: clock.now()) != nil) }
        }
    }

    @Test("A ticket ends after its life, and leaves nothing")
    func life() async throws {
        try await RedisHouse.with { house in
            try await shelf(house).put(digest("t"), ticket(), life: 1, at: clock.now())
            #expect(try await house.names().count == 2)
            try await RedisTest.eventually("the end of the ticket") { try await house.names().isEmpty }
            #expect(try await shelf(house).take(digest("t"), at: clock.now()) == nil)
        }
    }

    @Test("Without Redis it is a 503 that says when to come back")
    func away() async throws {
        try await RedisHouse.with(client: RedisHouse.hasty) { house in
            try await house.server.kill()
            for attempt in 0..<2 {
                do throws(Problem) {
                    if attempt == 0 {
                        try await shelf(house).put(digest("t"), ticket(), life: 30, at: clock.now())
                    } else {
                        _ = try await shelf(house).take(digest("t"), at: clock.now())
                    }
                    Issue.record("it should have failed")
                } catch {
                    #expect(error.code.status == 503)
                    #expect(error.retryAfter == 2)
                }
            }
        }
    }
}

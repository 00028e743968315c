import Booking
import CommandBus
import Foundation
import Storage
import Support
import Testing

@Suite("The race for the last seats")
struct SeatRaceTests {
    private static let riders = 200
    private static let seats = 10

    private let fixture: StoreFixture

    init() async throws {
        fixture = try await StoreFixture("race")
        for number in 0..<Self.riders { _ = try await fixture.addRider("\(number)") }
    }

    /// All riders at once, each with one intent.
    private static func race(_ bus: CommandBus, for departure: DepartureRecord) async throws -> [AccountID: CommandReply] {
        try await withThrowingTaskGroup(of: (AccountID, CommandReply).self) { group in
            for number in 0..<riders {
                group.addTask {
                    let rider = AccountID(trusted: "a_\(number)")
                    return (rider, try await bus.book(departure.id, as: rider, key: "race"))
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    @Test("200 riders, 10 seats: 10 bookings, 190 clear refusals, and books that balance")
    func race() async throws {
        let departure = try await fixture.addDeparture("race", seats: Self.seats)
        let bus = BookingFixture.bus(on: fixture, policy: BookingFixture.policy)
        let replies = try await Self.race(bus, for: departure)
        #expect(replies.count == Self.riders)
        #expect(replies.values.count { $0.status == 201 } == Self.seats)
        #expect(replies.values.count { $0.status == 409 && $0.code == "sold_out" } == Self.riders - Self.seats)
        #expect(try await fixture.departure(departure.id)?.seats == SeatCounts(available: 0, booked: Self.seats))
        #expect(try await fixture.kept.count(of: "bookings") == Self.seats)
        let fares = try await fixture.kept.row(of: "ledger_accounts") { $0["name"] == "operator:fares" }
        #expect(fares.integer("balance") == 20_000)
        for (rider, reply) in replies {
            #expect(try await fixture.balance(rider) == (reply.status == 201 ? 38_000 : 40_000))
        }
        #expect(try await fixture.findings() == [])
        // Every state of the seats was told, in order, down to the last.
        #expect(Set(replies.values.compactMap { $0.position?.sequence }) == Set(1...UInt64(Self.seats)))
        // Whoever asks again with the same key is told the same.
        let again = try await Self.race(bus, for: departure)
        #expect(again.mapValues(\.body) == replies.mapValues(\.body))
        #expect(try await fixture.findings() == [])
    }

    @Test("Seats that are given back during the race are sold again, and never twice")
    func raceWithCancellations() async throws {
        let departure = try await fixture.addDeparture("race", seats: Self.seats)
        let bus = BookingFixture.bus(on: fixture, policy: BookingFixture.policy)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<Self.riders {
                group.addTask {
                    let rider = AccountID(trusted: "a_\(number)")
                    let reply = try await bus.book(departure.id, as: rider, key: "race")
                    guard number % 2 == 0, reply.status == 201 else { return }
                    let id = try reply.output(BookingView.self).id
                    let cancelled = try await bus.send(
                        "bookings.cancel", #"{"id":"\#(id)"}"#, as: "rider/\(rider)", key: "cancel"
                    )
                    #expect(cancelled.status == 200)
                }
            }
            try await group.waitForAll()
        }
        let seats = try #require(try await fixture.departure(departure.id)?.seats)
        #expect(seats.capacity == Self.seats)
        #expect(try await fixture.kept.count(of: "bookings") { $0["state"] == "booked" } == seats.booked)
        #expect(try await fixture.findings() == [])
    }

    /// The control. The guard is taken away: whoever asks decides on the number of seats that all have seen before, and
    /// writes down what follows from it, instead of comparing and changing in one step. If this did not oversell, the
    /// race above would prove nothing.
    @Test("The control: without the guard the same race oversells, and the checks report it")
    func control() async throws {
        let departure = try await fixture.addDeparture("race", seats: Self.seats)
        let seen = try #require(try await fixture.departure(departure.id))
        let ledger = fixture.ledger
        let unguarded = fixture.bus { registry in
            registry.registerBookings(ledger: ledger, policy: BookingFixture.policy) { _, _, tx in
                guard seen.seats.available > 0 else { return nil }
                try tx.overwrite(
                    SeatCounts(available: seen.seats.available - 1, booked: seen.seats.booked + 1), of: seen.id
                )
                return try tx.departure(seen.id)
            }
        }
        let replies = try await Self.race(unguarded, for: departure)
        let sold = replies.values.count { $0.status == 201 }
        #expect(sold > Self.seats)
        #expect(sold == Self.riders)
        #expect(try await fixture.kept.count(of: "bookings") { $0["state"] == "booked" } == sold)
        #expect(
            try await fixture.findings() == [
                "departure \(departure.id): it counts 1 booked, 0 boarded and 0 no-shows, its bookings are 200, 0 and 0"
            ]
        )
    }
}

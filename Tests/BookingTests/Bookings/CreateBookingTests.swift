import Booking
import CommandBus
import Foundation
import Support
import Testing

@Suite("Booking a seat")
struct CreateBookingTests {
    private let booking: BookingFixture
    private let rider: AccountID
    private let departure: DepartureRecord
    private var fixture: StoreFixture { booking.fixture }

    init() async throws {
        booking = try await BookingFixture()
        rider = try await booking.fixture.addRider("one")
        departure = try await booking.fixture.addDeparture("one", seats: 2)
    }

    private func expectNothing(_ location: SourceLocation = #_sourceLocation) async throws {
        #expect(try await fixture.kept.count(of: "bookings") == 0, sourceLocation: location)
        let moves = try await fixture.kept.rows(of: "journal") { $0["kind"] != "welcome" }
        #expect(moves == [], sourceLocation: location)
        #expect(fixture.feeds.position.sequence == 0, sourceLocation: location)
        #expect(try await fixture.findings() == [], sourceLocation: location)
    }

    @Test("The fare and the seat, in one")
    func book() async throws {
        let reply = try await booking.book(departure, as: rider)
        #expect(reply.status == 201)
        let view = try reply.output(BookingView.self)
        #expect(view.departure == departure.id)
        #expect(view.rider == rider)
        #expect(view.state == .booked)
        #expect(view.fare == Money(amount: 2000, currency: StoreFixture.currency))
        #expect(view.bookedAt.description == "2026-11-24T12:00:00+05:30")
        #expect(view.policy == BookingFixture.policy)
        #expect(view.cancelledAt == nil && view.refund == nil)
        #expect(try await fixture.balance(rider) == 38_000)
        #expect(try await booking.seats(departure) == SeatCounts(available: 1, booked: 1))
        let charge = try #require(view.charge)
        let entry = try await fixture.kept.row(of: "journal") { $0.text("id") == charge.raw }
        #expect(entry.texts("kind", "reference", "actor") == "fare \(view.id) \(rider)")
        #expect(try await fixture.findings() == [])
    }

    @Test("It is in the event log")
    func event() async throws {
        let reply = try await booking.book(departure, as: rider)
        let view = try reply.output(BookingView.self)
        let event = try await fixture.kept.row(of: "events")
        #expect(event.texts("kind", "actor", "subject") == "booking.created a_one \(view.id)")
        #expect(event.text("data") == reply.text)
    }

    @Test("The feed tells the seats that are left, and the reply says where in it")
    func feed() async throws {
        let (reader, narrow, other) = (FeedReader(), FeedReader(), FeedReader())
        let elsewhere = try await fixture.addDeparture("two", seats: 5)
        let principal = NamedTokens.principal(.rider, rider)
        func subscribe(_ filter: [String: String], _ sink: FeedReader) async throws {
            _ = try await fixture.feeds.subscribe(
                to: "seats", filter: FeedFilter(filter), since: nil, principal: principal, via: .sse, sink: sink
            )
        }
        try await subscribe([:], reader)
        try await subscribe(["departure": departure.id.raw], narrow)
        try await subscribe(["departure": elsewhere.id.raw], other)
        let first = try await booking.book(departure, as: rider)
        #expect(first.position?.description == "test.1")
        _ = try await booking.book(departure, as: fixture.addRider("two"))
        _ = try await booking.book(elsewhere, as: rider)
        let changes = try await reader.first(4).dropFirst()
        #expect(
            changes.map(\.text) == [
                #"{"capacity":2,"departure":"\#(departure.id)","seatsLeft":1,"state":"scheduled"}"#,
                #"{"capacity":2,"departure":"\#(departure.id)","seatsLeft":0,"state":"scheduled"}"#,
                #"{"capacity":5,"departure":"\#(elsewhere.id)","seatsLeft":4,"state":"scheduled"}"#,
            ]
        )
        #expect(try await narrow.first(3).map(\.position.sequence) == [0, 1, 2])
        #expect(try await other.first(2).map(\.position.sequence) == [0, 3])
    }

    @Test("The last seat is sold, and no more")
    func soldOut() async throws {
        _ = try await booking.book(departure, as: rider)
        _ = try await booking.book(departure, as: fixture.addRider("two"))
        let late = try await fixture.addRider("three")
        let reply = try await booking.book(departure, as: late)
        #expect(reply.status == 409)
        #expect(reply.code == "sold_out")
        #expect(reply.problem?.detail == "All 2 seats are taken.")
        #expect(try await fixture.balance(late) == 40_000)
        #expect(try await booking.seats(departure) == SeatCounts(available: 0, booked: 2))
        #expect(try await fixture.findings() == [])
    }

    @Test("One booking a rider and departure")
    func alreadyBooked() async throws {
        let first = try await booking.book(departure, as: rider).output(BookingView.self)
        let reply = try await booking.book(departure, as: rider)
        #expect(reply.status == 409)
        #expect(reply.code == "already_booked")
        #expect(try await booking.seats(departure) == SeatCounts(available: 1, booked: 1))
        #expect(try await fixture.balance(rider) == 38_000)
        // Once it is given back, it may be booked again.
        #expect(try await booking.cancel(first.id, as: rider).status == 200)
        #expect(try await booking.book(departure, as: rider).status == 201)
        #expect(try await fixture.findings() == [])
    }

    @Test("One rider's ten tries at once are one booking")
    func tenTries() async throws {
        let (booking, departure, rider) = (booking, departure, rider)
        let codes = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<10 { group.addTask { try await booking.book(departure, as: rider).code } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 1)
        #expect(codes.count { $0 == "already_booked" } == 9)
        #expect(try await booking.seats(departure) == SeatCounts(available: 1, booked: 1))
        #expect(try await fixture.findings() == [])
    }

    @Test("What has left is no longer sold, to the millisecond")
    func departed() async throws {
        let two = try await fixture.addRider("two")
        fixture.clock.set(departure.departsAt.adding(milliseconds: -1))
        #expect(try await booking.book(departure, as: two).status == 201)
        fixture.clock.set(departure.departsAt)
        let reply = try await booking.book(departure, as: rider)
        #expect(reply.code == "departed")
        #expect(
            reply.problem?.detail
                == "Seats on this departure are no longer sold; it leaves or left at 2026-11-24T18:00:00+05:30."
        )
        #expect(try await fixture.balance(rider) == 40_000)
    }

    @Test(
        "What boards, has left or is cancelled is not sold",
        arguments: [
            (DepartureState.boarding, "departed"), (.departed, "departed"), (.cancelled, "departure_cancelled"),
        ])
    func states(state: DepartureState, code: String) async throws {
        let other = try await fixture.addDeparture("other", seats: 5, state: state)
        let reply = try await booking.book(other, as: rider)
        #expect(reply.status == 409)
        #expect(reply.code == code)
        try await expectNothing()
    }

    @Test("What there is not is not sold")
    func notFound() async throws {
        let reply = try await booking.bus.book(DepartureID(trusted: "d_none"), as: rider, key: "k1")
        #expect(reply.status == 404)
        #expect(reply.problem?.detail == "There is no such departure.")
        try await expectNothing()
    }

    @Test("Who can't pay gets no seat")
    func insufficientFunds() async throws {
        let poor = try await fixture.addRider("poor", credit: 1999)
        let reply = try await booking.book(departure, as: poor)
        #expect(reply.status == 409)
        #expect(reply.code == "insufficient_funds")
        #expect(reply.problem?.detail == "The wallet holds 1999 and 2000 is needed (minor units of INR).")
        #expect(try await booking.seats(departure) == SeatCounts(available: 2))
        try await expectNothing()
        let exact = try await fixture.addRider("exact", credit: 2000)
        #expect(try await booking.book(departure, as: exact).status == 201)
        #expect(try await fixture.balance(exact) == 0)
    }

    @Test("A free ride takes a seat and no money")
    func free() async throws {
        let free = try await fixture.addDeparture("free", seats: 1, fare: 0)
        let poor = try await fixture.addRider("poor", credit: 0)
        let view = try await booking.book(free, as: poor).output(BookingView.self)
        #expect(view.charge == nil)
        #expect(view.fare.amount == 0)
        #expect(try await booking.seats(free) == SeatCounts(available: 0, booked: 1))
        #expect(try await fixture.findings() == [])
        let cancelled = try await booking.cancel(view.id, as: poor).output(BookingView.self)
        #expect(cancelled.refund == nil)
        #expect(try await booking.seats(free) == SeatCounts(available: 1))
        #expect(try await fixture.findings() == [])
    }

    @Test("The fare is that of the departure, whatever the bus costs now")
    func fareOfTheDeparture() async throws {
        try await fixture.kept.change("buses") { $0["fare_amount"] = 9999 }
        #expect(try await booking.book(departure, as: rider).output(BookingView.self).fare.amount == 2000)
    }

    @Test("A booking needs a key, a rider, and a departure")
    func terms() async throws {
        let input = #"{"departure":"\#(departure.id)"}"#
        #expect(try await booking.bus.send("bookings.create", input, as: "rider/a_one").code == "idempotency_key_required")
        #expect(try await booking.bus.send("bookings.create", input, as: "developer/a_one", key: "k").code == "not_allowed")
        #expect(try await booking.bus.send("bookings.create", input, key: "k").code == "not_signed_in")
        #expect(
            try await booking.bus.send("bookings.create", #"{"departure":"no id"}"#, as: "rider/a_one", key: "k").violations
                == ["/departure must consist of letters, digits, '_', '-', '.' and ':'"]
        )
        #expect(
            try await booking.bus.send("bookings.create", "", as: "rider/a_one", key: "k").violations == [
                "/departure is required"
            ])
        try await expectNothing()
    }

    @Test("The same key books once, whoever repeats it how often")
    func sameKey() async throws {
        let first = try await booking.book(departure, as: rider, key: "k1")
        let second = try await booking.book(departure, as: rider, key: "k1")
        #expect(second.body == first.body)
        #expect(second.isReplay)
        #expect(try await fixture.balance(rider) == 38_000)
        #expect(try await booking.seats(departure) == SeatCounts(available: 1, booked: 1))
        // A refusal under a key stays one, though there is a seat by then.
        let full = try await fixture.addDeparture("full", seats: 1)
        let holder = try await fixture.addRider("holder")
        let held = try await booking.book(full, as: holder).output(BookingView.self)
        let refused = try await booking.book(full, as: rider, key: "k2")
        #expect(refused.code == "sold_out")
        #expect(try await booking.cancel(held.id, as: holder).status == 200)
        #expect(try await booking.book(full, as: rider, key: "k2").body == refused.body)
        #expect(try await booking.book(full, as: rider, key: "k3").status == 201)
    }
}

import Booking
import CommandBus
import Foundation
import Storage
import Support
import Testing

@Suite("Giving a seat back")
struct CancelBookingTests {
    private let booking: BookingFixture
    private let rider: AccountID
    private let departure: DepartureRecord
    private let held: BookingView
    private var fixture: StoreFixture { booking.fixture }

    init() async throws {
        booking = try await BookingFixture("cancel")
        rider = try await booking.fixture.addRider("one")
        departure = try await booking.fixture.addDeparture("one", seats: 2, fare: 2001)
        held = try await booking.book(departure, as: rider).output(BookingView.self)
    }

    @Test("The seat is free at once, and the fare is paid back by the policy")
    func cancel() async throws {
        fixture.clock.advance(seconds: 60)
        let view = try await booking.cancel(held.id, as: rider).output(BookingView.self)
        #expect(view.state == .cancelled)
        #expect(view.cancelledAt?.description == "2026-11-24T12:01:00+05:30")
        #expect(view.charge == held.charge)
        #expect(view.bookedAt == held.bookedAt)
        #expect(try await booking.seats(departure) == SeatCounts(available: 2))
        // 75 % of 2001 is 1500.75; the fraction is the rider's loss.
        #expect(try await fixture.balance(rider) == 40_000 - 2001 + 1500)
        let refund = try #require(view.refund)
        let entry = try await fixture.kept.row(of: "journal") { $0.text("id") == refund.raw }
        #expect(entry.texts("kind", "reference", "actor") == "refund \(held.id) \(rider)")
        #expect(try await fixture.findings() == [])
        #expect(
            try await booking.bus.send("bookings.show", #"{"id":"\#(held.id)"}"#, as: "rider/a_one").output(BookingView.self)
                .state == .cancelled)
    }

    @Test("The feed and the event log tell")
    func told() async throws {
        let before = fixture.feeds.position.sequence
        let reader = FeedReader()
        _ = try await fixture.feeds.subscribe(
            to: "seats", filter: FeedFilter(["departure": departure.id.raw]), since: "test.\(before)",
            principal: NamedTokens.principal(.rider, rider), via: .sse, sink: reader
        )
        let reply = try await booking.cancel(held.id, as: rider)
        #expect(reply.position?.sequence == before + 1)
        let event = try await reader.wait { $0.contains { $0.position.sequence == before + 1 } }.last
        #expect(event?.text == #"{"capacity":2,"departure":"\#(departure.id)","seatsLeft":2,"state":"scheduled"}"#)
        #expect(
            try await fixture.kept.rows(of: "events").map { $0.texts("kind", "subject") }.sorted()
                == ["booking.cancelled \(held.id)", "booking.created \(held.id)"]
        )
    }

    @Test("Until the cutoff, and not a millisecond longer")
    func cutoff() async throws {
        let second = try await fixture.addRider("two")
        let other = try await booking.book(departure, as: second).output(BookingView.self)
        let cutoff = departure.departsAt.adding(seconds: -30 * 60)
        fixture.clock.set(cutoff)
        #expect(try await booking.cancel(held.id, as: rider).status == 200)
        fixture.clock.advance(milliseconds: 1)
        let reply = try await booking.cancel(other.id, as: second)
        #expect(reply.status == 409)
        #expect(reply.code == "cancellation_closed")
        #expect(reply.problem?.detail == "This booking could be cancelled until 2026-11-24T17:30:00+05:30.")
        #expect(try await booking.seats(departure) == SeatCounts(available: 1, booked: 1))
        #expect(try await fixture.balance(second) == 40_000 - 2001)
        #expect(try await fixture.findings() == [])
    }

    @Test("By the policy that was in force when the seat was bought")
    func policySnapshot() async throws {
        // The operator has become stricter meanwhile: nothing is paid back, and only hours before.
        let strict = BookingFixture.bus(on: fixture, policy: RefundPolicy(cutoffMinutes: 600, percent: 0))
        let second = try await fixture.addRider("two")
        let late = try await strict.book(departure.id, as: second, key: "k").output(BookingView.self)
        #expect(late.policy == RefundPolicy(cutoffMinutes: 600, percent: 0))
        let input = #"{"id":"\#(late.id)"}"#
        #expect(
            try await strict.send("bookings.cancel", input, as: "rider/\(second)", key: "c").code == "cancellation_closed")
        let reply = try await strict.send("bookings.cancel", #"{"id":"\#(held.id)"}"#, as: "rider/\(rider)", key: "c")
        #expect(try reply.output(BookingView.self).policy == BookingFixture.policy)
        #expect(try await fixture.balance(rider) == 40_000 - 2001 + 1500)
        #expect(try await fixture.findings() == [])
    }

    @Test("Where nothing is paid back the seat is free all the same")
    func noRefund() async throws {
        let bus = BookingFixture.bus(on: fixture, policy: RefundPolicy(cutoffMinutes: 0, percent: 0))
        let second = try await fixture.addRider("two")
        let view = try await bus.book(departure.id, as: second, key: "k").output(BookingView.self)
        let reply = try await bus.send("bookings.cancel", #"{"id":"\#(view.id)"}"#, as: "rider/\(second)", key: "c")
        #expect(try reply.output(BookingView.self).refund == nil)
        #expect(try await fixture.balance(second) == 40_000 - 2001)
        #expect(try await booking.seats(departure) == SeatCounts(available: 1, booked: 1))
        #expect(try await fixture.findings() == [])
    }

    @Test("Once, however often it is asked for")
    func once() async throws {
        let first = try await booking.cancel(held.id, as: rider, key: "c1")
        #expect(try await booking.cancel(held.id, as: rider, key: "c1").body == first.body)
        let again = try await booking.cancel(held.id, as: rider, key: "c2")
        #expect(again.code == "not_cancellable")
        #expect(again.problem?.detail == "The booking is cancelled.")
        #expect(try await fixture.balance(rider) == 40_000 - 2001 + 1500)
        #expect(try await fixture.findings() == [])
    }

    @Test("Ten at once give one seat and one refund back")
    func tenAtOnce() async throws {
        let (booking, held, rider) = (booking, held, rider)
        let codes = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<10 { group.addTask { try await booking.cancel(held.id, as: rider).code } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == nil } == 1)
        #expect(codes.count { $0 == "not_cancellable" } == 9)
        #expect(try await fixture.balance(rider) == 40_000 - 2001 + 1500)
        #expect(try await booking.seats(departure) == SeatCounts(available: 2))
        #expect(try await fixture.findings() == [])
    }

    @Test("What is boarded or was missed can't be cancelled", arguments: [("boarded", "boarded"), ("no_show", "no_show")])
    func boarded(state: String, column: String) async throws {
        try await fixture.kept.change("bookings") { $0["state"] = .text(state) }
        try await fixture.kept.change(
            "departures", where: { $0["booked"] == 1 },
            by: { row in
                row["booked"] = 0
                row[column] = 1
            })
        let reply = try await booking.cancel(held.id, as: rider)
        #expect(reply.code == "not_cancellable")
        #expect(reply.problem?.detail == "The booking is \(state).")
        #expect(try await fixture.findings() == [])
    }

    @Test("Another's booking is none, for whoever asks")
    func anothers() async throws {
        let second = try await fixture.addRider("two")
        let (show, cancel) = (
            try await booking.bus.send("bookings.show", #"{"id":"\#(held.id)"}"#, as: "rider/\(second)"),
            try await booking.cancel(held.id, as: second)
        )
        for reply in [show, cancel] {
            #expect(reply.status == 404)
            #expect(reply.problem?.detail == "There is no such booking.")
        }
        let none = try await booking.bus.send("bookings.show", #"{"id":"b_none"}"#, as: "rider/\(second)")
        #expect(none.body == show.body, "that there is one must not show")
        #expect(try await booking.cancel(BookingID(trusted: "b_none"), as: rider).code == "not_found")
        #expect(try await booking.seats(departure) == SeatCounts(available: 1, booked: 1))
    }

    @Test(
        "The part that is paid back is rounded down",
        arguments: [
            (2000, 75, 1500), (2001, 75, 1500), (1, 99, 0), (1, 100, 1), (99, 50, 49), (101, 33, 33), (0, 50, 0),
            (2000, 0, 0),
            (.max, 100, .max), (.max, 50, Int64.max / 2),
        ] as [(Int64, Int, Int64)])
    func rounding(fare: Int64, percent: Int, refund: Int64) {
        #expect(RefundPolicy(cutoffMinutes: 0, percent: percent).refund(of: fare) == refund)
    }

    @Test("Never more than the fare, and never more than a minor unit off", arguments: 1...3)
    func roundingOfAny(seed: UInt64) {
        let random = SeededRandom(seed: seed)
        for _ in 0..<2000 {
            let (fare, percent) = (Int64(random.number(in: 0...1_000_000_000)), random.number(in: 0...100))
            let refund = RefundPolicy(cutoffMinutes: 0, percent: percent).refund(of: fare)
            #expect(refund == fare * Int64(percent) / 100)
            #expect((0...fare).contains(refund))
        }
    }
}

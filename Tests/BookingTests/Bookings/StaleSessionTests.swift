import Booking
import CommandBus
import Support
import Testing

/// A token is checked before the unit of work of its command begins. `NamedTokens` takes any token for a session of the
/// first epoch, as it would be if the session ended in between.
@Suite("Bookings of a session that ends while they are on their way")
struct StaleSessionTests {
    private let booking: BookingFixture
    private let rider: AccountID
    private let departure: DepartureRecord
    private var fixture: StoreFixture { booking.fixture }

    init() async throws {
        booking = try await BookingFixture("stale")
        rider = try await booking.fixture.addRider("one")
        departure = try await booking.fixture.addDeparture("one", seats: 2)
    }

    /// As a sign-in, a suspension and a deletion do.
    private func endSession() async throws {
        let rider = rider
        try await fixture.work { work in _ = try work.tx.advanceSessionEpoch(of: rider) }
    }

    @Test("Nothing is booked, and nothing is kept of it")
    func create() async throws {
        try await endSession()
        let reply = try await booking.book(departure, as: rider, key: "k")
        #expect(reply.status == 401)
        #expect(try await fixture.kept.count(of: "bookings") == 0)
        #expect(try await fixture.kept.count(of: "events") == 0)
        #expect(try await fixture.kept.count(of: "idempotency") == 0, "the key is good for the next session")
        #expect(try await fixture.balance(rider) == 40_000)
        #expect(try await booking.seats(departure) == SeatCounts(available: 2))
        #expect(try await fixture.findings() == [])
    }

    @Test("Nothing is cancelled, and the key is good for the next session")
    func cancel() async throws {
        let view = try await booking.book(departure, as: rider).output(BookingView.self)
        try await endSession()
        let reply = try await booking.cancel(view.id, as: rider, key: "k")
        #expect(reply.status == 401)
        #expect(try await booking.seats(departure) == SeatCounts(available: 1, booked: 1))
        #expect(try await fixture.balance(rider) == 38_000)
        #expect(try await fixture.kept.count(of: "idempotency") { $0["key"] == "k" } == 0)
    }

    /// The control: without the end of the session both are done.
    @Test("A session that goes on books and cancels")
    func live() async throws {
        let view = try await booking.book(departure, as: rider).output(BookingView.self)
        #expect(try await booking.cancel(view.id, as: rider).status == 200)
    }

    @Test("Rides to come are those that have not left, and those that board")
    func ridesToCome() async throws {
        let later = try await fixture.addDeparture("two", seats: 2)
        let free = try await fixture.addDeparture("free", seats: 2, fare: 0)
        for departure in [departure, free] {
            #expect(try await booking.book(departure, as: rider).status == 201)
        }
        let given = try await booking.book(later, as: rider).output(BookingView.self)
        let (rider, clock) = (rider, fixture.clock)
        let count: @Sendable () async throws -> Int = { [fixture] in
            try await fixture.read { try $0.ridesToCome(of: rider, at: clock.now()) }
        }
        #expect(try await count() == 3)
        #expect(try await booking.cancel(given.id, as: rider).status == 200)
        #expect(try await count() == 2)
        // All of them leave at six.
        clock.advance(seconds: 6 * 3600)
        #expect(try await count() == 0)
        let boarding = departure.id
        try await fixture.work { work in _ = try work.tx.setState(.boarding, of: boarding) }
        #expect(try await count() == 1)
        let other = try await fixture.addRider("other")
        #expect(try await fixture.read { try $0.ridesToCome(of: other, at: clock.now()) } == 0)
    }
}

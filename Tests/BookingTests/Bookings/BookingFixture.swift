import Booking
import CommandBus
import Support

/// Riders and departures on a real store, with the commands of bookings.
struct BookingFixture {
    static let policy = RefundPolicy(cutoffMinutes: 30, percent: 75)

    let fixture: StoreFixture
    let bus: CommandBus

    init(_ name: String = "bookings", policy: RefundPolicy = policy) async throws {
        fixture = try await StoreFixture(name)
        bus = Self.bus(on: fixture, policy: policy)
    }

    /// A bus on the same store, as the next start of the server with other terms would have it.
    static func bus(on fixture: StoreFixture, policy: RefundPolicy) -> CommandBus {
        let ledger = fixture.ledger
        return fixture.bus { registry in
            registry.registerBookings(ledger: ledger, policy: policy)
            registry.registerDepartures()
        }
    }

    /// Books a seat; each call is an intent of its own.
    func book(_ departure: DepartureRecord, as rider: AccountID, key: String? = nil) async throws -> CommandReply {
        try await bus.book(departure.id, as: rider, key: key ?? "book-\(fixture.random.next())")
    }

    func cancel(_ booking: BookingID, as rider: AccountID, key: String? = nil) async throws -> CommandReply {
        try await bus.send(
            "bookings.cancel", #"{"id":"\#(booking)"}"#, as: "rider/\(rider)", key: key ?? "cancel-\(fixture.random.next())"
        )
    }

    func seats(_ departure: DepartureRecord) async throws -> SeatCounts? {
        try await fixture.departure(departure.id)?.seats
    }
}

extension CommandBus {
    func book(_ departure: DepartureID, as rider: AccountID, key: String) async throws -> CommandReply {
        try await send("bookings.create", #"{"departure":"\#(departure)"}"#, as: "rider/\(rider)", key: key)
    }
}

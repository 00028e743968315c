import Booking
import CommandBus
import GRDB
import Storage
import Support
import Testing

@Suite("Rides to come as the store counts them")
struct RidesToComeTests {
    private let fixture: StoreFixture
    private let rider: AccountID

    init() async throws {
        fixture = try await StoreFixture("rides")
        rider = try await fixture.addRider("one")
    }

    private static func booking(
        _ name: String, of rider: AccountID, on departure: DepartureRecord, _ state: BookingState
    ) -> BookingRecord {
        BookingRecord(
            id: BookingID(trusted: "t_\(name)"), departure: departure.id, rider: rider, state: state,
            fare: Money(amount: 0, currency: StoreFixture.currency), policy: RefundPolicy(cutoffMinutes: 0, percent: 0),
            bookedAt: at(0), charge: nil, cancelledAt: state == .cancelled ? at(1) : nil
        )
    }

    /// Has the rider ridden on each of so many days before the fixture's.
    private func ride(days: Int) async throws {
        let today = try await fixture.addDeparture("daily", seats: 2, fare: 0)
        let bus = try #require(try await fixture.read { try $0.bus(today.bus) })
        let rider = rider
        for start in stride(from: 0, to: days, by: 50) {
            try await fixture.work { work in
                for day in start..<min(start + 50, days) {
                    let past = bus.plan.departure(on: today.serviceDate.adding(days: -1 - day)).with(state: .departed)
                    #expect(try work.tx.insert(past))
                    try work.tx.insert(Self.booking("past_\(day)", of: rider, on: past, .boarded))
                }
            }
        }
    }

    private func book(
        _ name: String, _ state: BookingState, hour: Int, departure: DepartureState, by other: AccountID? = nil
    ) async throws {
        let departure = try await fixture.addDeparture(
            name, seats: 2, fare: 0, leaving: ServiceTime(seconds: hour * 3600), state: departure
        )
        let rider = other ?? rider
        try await fixture.work { work in
            try work.tx.insert(Self.booking(name, of: rider, on: departure, state))
        }
    }

    @Test("Among three hundred that are past, those count that have not left, and those that board")
    func count() async throws {
        try await ride(days: 300)
        // The clock of the fixture stands at noon.
        try await book("coming", .booked, hour: 18, departure: .scheduled)
        try await book("boarding", .boarded, hour: 11, departure: .boarding)
        try await book("called_off", .booked, hour: 18, departure: .cancelled)
        try await book("given_back", .cancelled, hour: 18, departure: .scheduled)
        try await book("missed", .noShow, hour: 18, departure: .scheduled)
        try await book("overdue", .booked, hour: 11, departure: .scheduled)
        try await book("was_called_off", .booked, hour: 11, departure: .cancelled)
        let other = try await fixture.addRider("other")
        try await book("of_another", .booked, hour: 18, departure: .scheduled, by: other)

        let (rider, now) = (rider, fixture.clock.now())
        #expect(try await fixture.read { try $0.ridesToCome(of: rider, at: now) } == 3)
        #expect(try await fixture.work { work in try work.tx.ridesToCome(of: rider, at: now) } == 3)
        #expect(try await fixture.read { try $0.ridesToCome(of: other, at: now) } == 1)
        #expect(try await fixture.read { try $0.ridesToCome(of: AccountID(trusted: "a_none"), at: now) } == 0)
    }

    @Test("They are counted by one statement, however many are past", .enabled(if: TestEngine.isSQLite))
    func statements() async throws {
        try await ride(days: 300)
        let (rider, now) = (rider, fixture.clock.now())
        let count = try await fixture.read { snapshot in
            var count = 0
            guard let db = (snapshot.base as? SQLiteSnapshot)?.db else { return count }
            db.trace { _ in count += 1 }
            defer { db.trace() }
            _ = try snapshot.ridesToCome(of: rider, at: now)
            return count
        }
        #expect(count == 1)
    }
}

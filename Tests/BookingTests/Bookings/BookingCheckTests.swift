import Booking
import CommandBus
import Support
import Testing
import Wallet

/// Each way to spoil the bookings behind the store's back is a control: were the check blind to it, it would prove
/// nothing.
@Suite("The check of the bookings sees")
struct BookingCheckTests {
    private let booking: BookingFixture
    private let kept: BookingView
    private let cancelled: BookingView
    private let free: BookingView
    private let departure: DepartureRecord
    private var raw: RawDatabase { booking.fixture.raw }

    init() async throws {
        booking = try await BookingFixture("check")
        let fixture = booking.fixture
        let (one, two) = (try await fixture.addRider("one"), try await fixture.addRider("two"))
        departure = try await fixture.addDeparture("one", seats: 3)
        let freeRide = try await fixture.addDeparture("free", seats: 3, fare: 0)
        kept = try await booking.book(departure, as: one).output()
        free = try await booking.book(freeRide, as: two).output()
        let given: BookingView = try await booking.book(departure, as: two).output()
        cancelled = try await booking.cancel(given.id, as: two).output()
        try raw.disarmJournal()
    }

    private func findings() async throws -> [String] {
        try await booking.fixture.read { try BookingCheck.run($0).findings }
    }

    @Test("what is well as well, and counts it")
    func well() async throws {
        let result = try await booking.fixture.read { try BookingCheck.run($0) }
        #expect(result.findings == [])
        #expect(result.bookings == 3)
    }

    @Test("seats that do not add up")
    func sum() async throws {
        try raw.execute("UPDATE departures SET available = available + 1 WHERE id = '\(departure.id)'")
        #expect(try await findings() == ["departure \(departure.id): its seats do not add up to its capacity of 3"])
    }

    @Test(
        "counts that no bookings explain",
        arguments: [
            ("available = 1, booked = 2", "2 booked, 0 boarded and 0"),
            ("available = 3, booked = 0", "0 booked, 0 boarded and 0"),
            ("booked = 0, boarded = 1", "0 booked, 1 boarded and 0"),
            ("booked = 0, no_show = 1", "0 booked, 0 boarded and 1"),
        ])
    func counts(change: String, counted: String) async throws {
        try raw.execute("UPDATE departures SET \(change) WHERE id = '\(departure.id)'")
        #expect(
            try await findings()
                == ["departure \(departure.id): it counts \(counted) no-shows, its bookings are 1, 0 and 0"]
        )
    }

    @Test("a second live booking of a rider")
    func twice() async throws {
        try raw.execute(
            "DROP INDEX live_bookings",
            "INSERT INTO bookings SELECT 'b_zz', departure, rider, state, 0, currency, cutoff_minutes, refund_percent, booked_at,"
                + " NULL, NULL, NULL FROM bookings WHERE id = '\(kept.id)'",
            "UPDATE departures SET available = 1, booked = 2 WHERE id = '\(departure.id)'"
        )
        #expect(try await findings() == ["booking b_zz: the rider has two live bookings on departure \(departure.id)"])
    }

    @Test(
        "a fare that was not charged, or another one",
        arguments: [("fare = 1000", "[1000]"), ("fare = 0, charge = NULL", "[]")])
    func otherFare(change: String, expected: String) async throws {
        try raw.execute("UPDATE bookings SET \(change) WHERE id = '\(kept.id)'")
        #expect(
            try await findings().contains(
                "booking \(kept.id): it should have been charged \(expected), and was charged [2000]"))
    }

    @Test("a free ride that was not free")
    func paidFreeRide() async throws {
        try raw.execute("UPDATE bookings SET fare = 500 WHERE id = '\(free.id)'")
        #expect(try await findings() == ["booking \(free.id): it should have been charged [500], and was charged []"])
    }

    @Test("a charge that is gone from the ledger, or is there twice")
    func charges() async throws {
        let fixture = booking.fixture
        let (ledger, kept) = (fixture.ledger, kept)
        try await fixture.work { work in
            _ = try ledger.move(
                Money(amount: 2000, currency: ledger.currency), from: .wallet(kept.rider), to: .fares, kind: .fare,
                reference: kept.id.raw, in: work
            )
        }
        #expect(
            try await findings() == ["booking \(kept.id): it should have been charged [2000], and was charged [2000, 2000]"])
        try raw.execute("DELETE FROM postings WHERE entry IN (SELECT sequence FROM journal WHERE reference = '\(kept.id)')")
        #expect(try await findings().contains("booking \(kept.id): it should have been charged [2000], and was charged []"))
    }

    @Test("a charge to somebody else's wallet")
    func otherWallet() async throws {
        let charge = "(SELECT sequence FROM journal WHERE reference = '\(kept.id)')"
        try raw.execute("UPDATE postings SET account = 'wallet:a_two' WHERE account = 'wallet:a_one' AND entry = \(charge)")
        #expect(try await findings() != [])
    }

    @Test("a booking that names a charge that is not its own")
    func otherCharge() async throws {
        let other = try #require(cancelled.charge)
        try raw.execute("UPDATE bookings SET charge = '\(other)' WHERE id = '\(kept.id)'")
        #expect(try await findings() != [])
    }

    @Test(
        "a cancelled booking that was not paid back, or not as the policy says",
        arguments: [
            ("refund_percent = 100", "[2000]"), ("refund_percent = 0", "[]"),
        ])
    func otherRefund(change: String, expected: String) async throws {
        try raw.execute("UPDATE bookings SET \(change) WHERE id = '\(cancelled.id)'")
        #expect(
            try await findings() == [
                "booking \(cancelled.id): it should have been refunded \(expected), and was refunded [1500]"
            ]
        )
    }

    @Test("a booking that was cancelled without a refund")
    func cancelledWithoutRefund() async throws {
        try raw.execute(
            "UPDATE bookings SET state = 'cancelled', cancelled_at = 1 WHERE id = '\(kept.id)'",
            "UPDATE departures SET available = 3, booked = 0 WHERE id = '\(departure.id)'"
        )
        #expect(try await findings() == ["booking \(kept.id): it should have been refunded [1500], and was refunded []"])
    }

    @Test("a refund of a booking that is still held")
    func refundedAndHeld() async throws {
        try raw.execute(
            "UPDATE bookings SET state = 'booked', cancelled_at = NULL WHERE id = '\(cancelled.id)'",
            "UPDATE departures SET available = 1, booked = 2 WHERE id = '\(departure.id)'"
        )
        #expect(
            try await findings() == ["booking \(cancelled.id): it should have been refunded [], and was refunded [1500]"])
    }

    @Test("a state and a time of cancellation that disagree")
    func cancelledAt() async throws {
        try raw.execute("UPDATE bookings SET cancelled_at = NULL WHERE id = '\(cancelled.id)'")
        #expect(try await findings() == ["booking \(cancelled.id): its state and its time of cancellation disagree"])
    }

    @Test("a booking that is gone while its money is there")
    func removed() async throws {
        try raw.execute(
            "DELETE FROM bookings WHERE id = '\(kept.id)'",
            "UPDATE departures SET available = 3, booked = 0 WHERE id = '\(departure.id)'"
        )
        #expect(try await findings() == ["the ledger has fares or refunds for \(kept.id), which is no booking"])
    }
}

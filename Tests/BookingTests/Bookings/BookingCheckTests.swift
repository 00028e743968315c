import Booking
import CommandBus
import Storage
import Support
import Testing
import Wallet

/// Each way to spoil the bookings behind the store's back is a control: were the check blind to it, it would prove
/// nothing.
@Suite("The check of the bookings sees")
struct BookingCheckTests {
    private let booking: BookingFixture
    private let held: BookingView
    private let cancelled: BookingView
    private let free: BookingView
    private let departure: DepartureRecord
    private var kept: KeptData { booking.fixture.kept }

    init() async throws {
        booking = try await BookingFixture("check")
        let fixture = booking.fixture
        let (one, two) = (try await fixture.addRider("one"), try await fixture.addRider("two"))
        departure = try await fixture.addDeparture("one", seats: 3)
        let freeRide = try await fixture.addDeparture("free", seats: 3, fare: 0)
        held = try await booking.book(departure, as: one).output()
        free = try await booking.book(freeRide, as: two).output()
        let given: BookingView = try await booking.book(departure, as: two).output()
        cancelled = try await booking.cancel(given.id, as: two).output()
    }

    /// Changes a row by its id.
    private func spoil(_ table: String, _ id: String, _ values: [String: StoreValue]) async throws {
        try await kept.change(
            table, where: { $0.text("id") == id },
            by: { row in
                for (column, value) in values { row[column] = value }
            })
    }

    /// The numbers of the entries about a booking.
    private func entries(about booking: BookingID) async throws -> [StoreValue] {
        try await kept.rows(of: "journal") { $0.text("reference") == booking.raw }.map { $0["sequence"] }
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
        try await spoil("departures", departure.id.raw, ["available": 3])
        #expect(try await findings() == ["departure \(departure.id): its seats do not add up to its capacity of 3"])
    }

    @Test(
        "counts that no bookings explain",
        arguments: [
            (["available": 1, "booked": 2], "2 booked, 0 boarded and 0"),
            (["available": 3, "booked": 0], "0 booked, 0 boarded and 0"),
            (["booked": 0, "boarded": 1], "0 booked, 1 boarded and 0"),
            (["booked": 0, "no_show": 1], "0 booked, 0 boarded and 1"),
        ] as [([String: StoreValue], String)])
    func counts(change: [String: StoreValue], counted: String) async throws {
        try await spoil("departures", departure.id.raw, change)
        #expect(
            try await findings()
                == ["departure \(departure.id): it counts \(counted) no-shows, its bookings are 1, 0 and 0"]
        )
    }

    @Test("a second live booking of a rider")
    func twice() async throws {
        try await kept.dropIndex("live_bookings", of: "bookings")
        let first = try await kept.row(of: "bookings") { [id = held.id.raw] in $0.text("id") == id }
        let same = ["departure", "rider", "state", "currency", "cutoff_minutes", "refund_percent", "booked_at"]
        let values = Dictionary(uniqueKeysWithValues: same.map { ($0, first[$0]) })
        try await kept.add(to: "bookings", values.merging(["id": "b_zz", "fare": 0]) { $1 })
        try await spoil("departures", departure.id.raw, ["available": 1, "booked": 2])
        #expect(try await findings() == ["booking b_zz: the rider has two live bookings on departure \(departure.id)"])
    }

    @Test(
        "a fare that was not charged, or another one",
        arguments: [
            (["fare": 1000], "[1000]"), (["fare": 0, "charge": .null], "[]"),
        ] as [([String: StoreValue], String)])
    func otherFare(change: [String: StoreValue], expected: String) async throws {
        try await spoil("bookings", held.id.raw, change)
        #expect(
            try await findings().contains(
                "booking \(held.id): it should have been charged \(expected), and was charged [2000]"))
    }

    @Test("a free ride that was not free")
    func paidFreeRide() async throws {
        try await spoil("bookings", free.id.raw, ["fare": 500])
        #expect(try await findings() == ["booking \(free.id): it should have been charged [500], and was charged []"])
    }

    @Test("a charge that is gone from the ledger, or is there twice")
    func charges() async throws {
        let fixture = booking.fixture
        let (ledger, held) = (fixture.ledger, held)
        try await fixture.work { work in
            _ = try ledger.move(
                Money(amount: 2000, currency: ledger.currency), from: .wallet(held.rider), to: .fares, kind: .fare,
                reference: held.id.raw, in: work
            )
        }
        #expect(
            try await findings() == ["booking \(held.id): it should have been charged [2000], and was charged [2000, 2000]"])
        let entries = try await entries(about: held.id)
        try await kept.remove(from: "postings") { entries.contains($0["entry"]) }
        #expect(try await findings().contains("booking \(held.id): it should have been charged [2000], and was charged []"))
    }

    @Test("a charge to somebody else's wallet")
    func otherWallet() async throws {
        let entries = try await entries(about: held.id)
        // One that is not there yet: an account numbers its postings.
        try await kept.change(
            "postings", where: { $0["account"] == "wallet:a_one" && entries.contains($0["entry"]) },
            by: {
                $0["account"] = "wallet:a_two"
                $0["number"] = 99
            })
        #expect(try await findings() != [])
    }

    @Test("a booking that names a charge that is not its own")
    func otherCharge() async throws {
        let other = try #require(cancelled.charge)
        try await spoil("bookings", held.id.raw, ["charge": .text(other.raw)])
        #expect(try await findings() != [])
    }

    @Test(
        "a cancelled booking that was not paid back, or not as the policy says",
        arguments: [
            (100, "[2000]"), (0, "[]"),
        ] as [(Int64, String)])
    func otherRefund(percent: Int64, expected: String) async throws {
        try await spoil("bookings", cancelled.id.raw, ["refund_percent": .integer(percent)])
        #expect(
            try await findings() == [
                "booking \(cancelled.id): it should have been refunded \(expected), and was refunded [1500]"
            ]
        )
    }

    @Test("a booking that was cancelled without a refund")
    func cancelledWithoutRefund() async throws {
        try await spoil("bookings", held.id.raw, ["state": "cancelled", "cancelled_at": 1])
        try await spoil("departures", departure.id.raw, ["available": 3, "booked": 0])
        #expect(try await findings() == ["booking \(held.id): it should have been refunded [1500], and was refunded []"])
    }

    @Test("a refund of a booking that is still held")
    func refundedAndHeld() async throws {
        try await spoil("bookings", cancelled.id.raw, ["state": "booked", "cancelled_at": .null])
        try await spoil("departures", departure.id.raw, ["available": 1, "booked": 2])
        #expect(
            try await findings() == ["booking \(cancelled.id): it should have been refunded [], and was refunded [1500]"])
    }

    @Test("a state and a time of cancellation that disagree")
    func cancelledAt() async throws {
        try await spoil("bookings", cancelled.id.raw, ["cancelled_at": .null])
        #expect(try await findings() == ["booking \(cancelled.id): its state and its time of cancellation disagree"])
    }

    @Test("a booking that is gone while its money is there")
    func removed() async throws {
        let id = held.id.raw
        try await kept.remove(from: "bookings") { $0.text("id") == id }
        try await spoil("departures", departure.id.raw, ["available": 3, "booked": 0])
        #expect(try await findings() == ["the ledger has fares or refunds for \(held.id), which is no booking"])
    }
}

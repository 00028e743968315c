import Booking
import CommandBus
import Foundation
import GRDB
import Storage
import Support
import Testing
import Wallet

/// The last line of defence: were a statement of ours wrong, the database itself would refuse it.
@Suite("What the database itself refuses", .enabled(if: TestEngine.isSQLite))
struct ConstraintTests {
    private let fixture: StoreFixture
    private let store: SQLiteStore
    private let raw: RawDatabase
    private let rider: AccountID
    private let departure: DepartureRecord

    init() async throws {
        fixture = try await StoreFixture("constraints")
        store = try #require(fixture.store.sqlite)
        raw = try RawDatabase(path: fixture.path)
        rider = try await fixture.addRider("one")
        departure = try await fixture.addDeparture("one", seats: 2)
    }

    /// Runs a statement as the server would, with all checks on.
    private func refusal(of sql: String) async -> ResultCode? {
        do {
            try await store.transact(TransactionUnit { tx in try tx.db.execute(sql: sql) })
            return nil
        } catch let error as DatabaseError {
            return error.extendedResultCode
        } catch {
            Issue.record(error)
            return nil
        }
    }

    @Test(
        "The journal is append-only",
        arguments: [
            "UPDATE journal SET reference = 'x'", "UPDATE journal SET hash = zeroblob(32)", "DELETE FROM journal",
            "UPDATE postings SET amount = amount + 1", "DELETE FROM postings", "REPLACE INTO journal SELECT * FROM journal",
            "REPLACE INTO postings SELECT * FROM postings",
        ])
    func appendOnly(sql: String) async throws {
        let before = try raw.texts("SELECT hex(hash) || reference FROM journal")
        #expect(before.count == 1)
        #expect(await refusal(of: sql) != nil)
        #expect(try raw.texts("SELECT hex(hash) || reference FROM journal") == before)
        #expect(try await fixture.findings() == [])
    }

    @Test(
        "The seats of a departure add up, and none is below zero",
        arguments: [
            "UPDATE departures SET available = -1, booked = 3", "UPDATE departures SET available = 1",
            "UPDATE departures SET booked = 1", "UPDATE departures SET booked = -1, available = 3",
            "UPDATE departures SET boarded = -1, available = 3", "UPDATE departures SET no_show = -1, available = 3",
            "UPDATE departures SET capacity = 3", "UPDATE departures SET state = 'lost'",
            "UPDATE departures SET fare_amount = -1",
            "UPDATE departures SET withdrawn = 1",
        ])
    func seats(sql: String) async {
        #expect(await refusal(of: sql) == .SQLITE_CONSTRAINT_CHECK)
    }

    @Test("A wallet is never below zero, an account of the operator may be")
    func wallets() async {
        #expect(
            await refusal(of: "UPDATE ledger_accounts SET balance = -1 WHERE name = 'wallet:a_one'")
                == .SQLITE_CONSTRAINT_CHECK
        )
        #expect(await refusal(of: "UPDATE ledger_accounts SET balance = -1 WHERE name = 'operator:fares'") == nil)
    }

    private static let freeRide = "'booked', 0, 'INR', 0, 0, 0, NULL, NULL, NULL"

    private func insert(
        _ id: String, rider: String = "a_one", departure: String? = nil, _ columns: String = freeRide
    ) -> String {
        """
        INSERT INTO bookings (id, departure, rider, state, fare, currency, cutoff_minutes, refund_percent, booked_at,
            charge, cancelled_at, refund)
        VALUES ('\(id)', '\(departure ?? self.departure.id.raw)', '\(rider)', \(columns))
        """
    }

    @Test("A rider has one live booking on a departure")
    func liveBooking() async throws {
        #expect(await refusal(of: insert("b_1")) == nil)
        #expect(await refusal(of: insert("b_2")) == .SQLITE_CONSTRAINT_UNIQUE)
        #expect(await refusal(of: "UPDATE bookings SET state = 'boarded' WHERE id = 'b_1'") == nil)
        #expect(await refusal(of: insert("b_2")) == .SQLITE_CONSTRAINT_UNIQUE)
        #expect(await refusal(of: "UPDATE bookings SET state = 'cancelled', cancelled_at = 1 WHERE id = 'b_1'") == nil)
        #expect(await refusal(of: insert("b_2")) == nil)
        #expect(
            await refusal(of: "UPDATE bookings SET state = 'booked', cancelled_at = NULL WHERE id = 'b_1'")
                == .SQLITE_CONSTRAINT_UNIQUE)
    }

    @Test(
        "A booking agrees with itself",
        arguments: [
            // A fare without a charge, a charge that is no entry, a free ride with one.
            "'booked', 2000, 'INR', 0, 0, 0, NULL, NULL, NULL",
            "'booked', 0, 'INR', 0, 0, 0, (SELECT id FROM journal), NULL, NULL",
            "'booked', -1, 'INR', 0, 0, 0, NULL, NULL, NULL", "'lost', 0, 'INR', 0, 0, 0, NULL, NULL, NULL",
            "'booked', 0, 'INR', 0, 101, 0, NULL, NULL, NULL", "'booked', 0, 'INR', 0, -1, 0, NULL, NULL, NULL",
            "'cancelled', 0, 'INR', 0, 0, 0, NULL, NULL, NULL", "'booked', 0, 'INR', 0, 0, 0, NULL, 1, NULL",
            "'booked', 0, 'INR', 0, 0, 0, NULL, NULL, (SELECT id FROM journal)",
        ])
    func bookings(columns: String) async {
        #expect(await refusal(of: insert("b_1", columns)) == .SQLITE_CONSTRAINT_CHECK)
    }

    @Test("A booking is of a rider and a departure that there are, and is paid by an entry that there is")
    func references() async {
        #expect(await refusal(of: insert("b_1", rider: "a_nobody")) == .SQLITE_CONSTRAINT_FOREIGNKEY)
        #expect(await refusal(of: insert("b_1", departure: "d_none")) == .SQLITE_CONSTRAINT_FOREIGNKEY)
        #expect(
            await refusal(of: insert("b_1", "'booked', 2000, 'INR', 0, 0, 0, 'j_none', NULL, NULL"))
                == .SQLITE_CONSTRAINT_FOREIGNKEY
        )
        #expect(await refusal(of: "DELETE FROM departures") == nil, "without bookings a departure may go")
    }

    @Test("A bus has one departure a service date")
    func onePerDate() async throws {
        let departure = departure
        let isMade = try await fixture.work { work in try work.tx.insert(departure) }
        #expect(!isMade)
        let copy =
            "INSERT INTO departures SELECT 'd_copy', bus, route, service_date, departs_at, utc_offset, capacity, available,"
            + " booked, boarded, no_show, fare_amount, fare_currency, state, withdrawn, revision FROM departures"
        #expect(await refusal(of: copy) == .SQLITE_CONSTRAINT_UNIQUE)
    }

    @Test("Columns keep their types")
    func strict() async {
        #expect(await refusal(of: "UPDATE departures SET departs_at = 'soon'") == .SQLITE_CONSTRAINT_DATATYPE)
        #expect(await refusal(of: "UPDATE ledger_accounts SET balance = 'much'") == .SQLITE_CONSTRAINT_DATATYPE)
    }

    @Test("What is kept under an idempotency key is an answer, and the first one")
    func idempotency() async {
        func insert(_ status: Int, _ key: String) -> String {
            "INSERT INTO idempotency VALUES ('a_one', '\(key)', zeroblob(32), \(status), x'', 0)"
        }
        #expect(await refusal(of: insert(201, "k1")) == nil)
        #expect(await refusal(of: insert(201, "k1")) == .SQLITE_CONSTRAINT_PRIMARYKEY)
        #expect(await refusal(of: insert(503, "k2")) == .SQLITE_CONSTRAINT_CHECK)
        #expect(await refusal(of: insert(429, "k2")) == .SQLITE_CONSTRAINT_CHECK)
    }

    private static let auditRows = "SELECT hex(before) || hex(after) || reason FROM audit"

    @Test(
        "The audit log is append-only",
        arguments: [
            "UPDATE audit SET reason = 'x'", "UPDATE audit SET after = NULL", "DELETE FROM audit",
            "REPLACE INTO audit SELECT * FROM audit",
            "INSERT INTO audit SELECT * FROM audit WHERE true ON CONFLICT (id) DO UPDATE SET reason = 'x'",
        ])
    func auditLog(sql: String) async throws {
        try await fixture.work { work in try work.audit("test.do", subject: "a_one", reason: "why", before: 1, after: 2) }
        let before = try raw.texts(Self.auditRows)
        #expect(before.count == 1)
        #expect(await refusal(of: sql) == .SQLITE_CONSTRAINT_TRIGGER)
        #expect(try raw.texts(Self.auditRows) == before)
        let another = "SELECT 'au_2', at, actor, action, subject, reason, NULL, NULL, trace FROM audit"
        #expect(await refusal(of: "INSERT INTO audit \(another)") == nil, "it takes another entry")
    }

    @Test(
        "What the second factor leans on agrees with itself",
        arguments: [
            "INSERT INTO devices VALUES ('a_one', 'dev_1', zeroblob(31), NULL, 0, 0)",
            "INSERT INTO devices VALUES ('a_one', 'dev_1', zeroblob(32), zeroblob(33), 0, 0)",
            "INSERT INTO authenticators VALUES ('a_one', x'', NULL, 0, x'')",
            "INSERT INTO authenticators VALUES ('a_one', x'01', NULL, 0, zeroblob(63))",
            "INSERT INTO grants VALUES (zeroblob(32), 'staff_change', 'x@example.com', NULL, 0)",
            "INSERT INTO grants VALUES (zeroblob(16), 'registration', 'x@example.com', NULL, 0)",
            "INSERT INTO code_challenges VALUES "
                + "(zeroblob(32), 'sign_in', 'nobody', 'mail', 'x', NULL, NULL, zeroblob(32), 0, 0, 1, 0)",
            "INSERT INTO code_challenges VALUES "
                + "(zeroblob(32), 'sign_in', 'owner', 'pigeon', 'x', NULL, NULL, zeroblob(32), 0, 0, 1, 0)",
            "INSERT INTO code_challenges VALUES "
                + "(zeroblob(32), 'sign_in', 'owner', 'mail', 'x', NULL, NULL, zeroblob(32), -1, 0, 1, 0)",
        ])
    func factors(sql: String) async {
        #expect(await refusal(of: sql) == .SQLITE_CONSTRAINT_CHECK)
    }

    @Test(
        "What belongs to an account is of one that there is",
        arguments: [
            "INSERT INTO devices VALUES ('a_nobody', 'dev_1', zeroblob(32), NULL, 0, 0)",
            "INSERT INTO authenticators VALUES ('a_nobody', x'01', NULL, 0, x'')",
            "INSERT INTO step_ups VALUES ('s_1', 'staff_change', 'a_nobody', 0)",
            "INSERT INTO grants VALUES (zeroblob(32), 'password_reset', 'x@example.com', 'a_nobody', 0)",
            "INSERT INTO code_challenges VALUES "
                + "(zeroblob(32), 'sign_in', 'owner', 'mail', 'x', 'a_nobody', NULL, zeroblob(32), 0, 0, 1, 0)",
        ])
    func owners(sql: String) async {
        #expect(await refusal(of: sql) == .SQLITE_CONSTRAINT_FOREIGNKEY)
        // The same row of an account that there is shows that nothing else was wrong with it.
        #expect(await refusal(of: sql.replacing("a_nobody", with: "a_one")) == nil)
    }
}

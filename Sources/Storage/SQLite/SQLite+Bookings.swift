package import Booking
package import CommandBus
import GRDB

extension BookingReads where Self: SQLiteReads {
    package func booking(_ id: BookingID) throws -> BookingRecord? {
        let statement = try db.cachedStatement(sql: "SELECT \(bookingColumns) FROM bookings WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id.raw]).map(BookingRecord.init)
    }

    package func bookings(
        of rider: AccountID, state: BookingState?, before: BookingID?, limit: Int
    ) throws -> [BookingRecord] {
        // '~' sorts behind every character that an identifier may have.
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(bookingColumns) FROM bookings
                WHERE rider = ?1 AND id < ?2 AND (?3 IS NULL OR state = ?3) ORDER BY id DESC LIMIT ?4
                """
        )
        return try Row.fetchAll(statement, arguments: [rider.raw, before?.raw ?? "~", state?.rawValue, limit])
            .map(BookingRecord.init)
    }

    package func liveBooking(of rider: AccountID, on departure: DepartureID) throws -> BookingID? {
        let statement = try db.cachedStatement(
            sql: "SELECT id FROM bookings WHERE departure = ?2 AND rider = ?1 AND state <> 'cancelled'"
        )
        return try String.fetchOne(statement, arguments: [rider.raw, departure.raw]).map(BookingID.init(trusted:))
    }

    package func ridesToCome(of rider: AccountID, at now: Timestamp) throws -> Int {
        let statement = try db.cachedStatement(
            sql: """
                SELECT count(*) FROM bookings b JOIN departures d ON d.id = b.departure
                WHERE b.rider = ?1 AND b.state IN ('booked', 'boarded') AND (
                    d.state = 'boarding' OR (d.state IN ('scheduled', 'cancelled') AND d.departs_at > ?2)
                )
                """
        )
        return try Int.fetchOne(statement, arguments: [rider.raw, now.milliseconds]) ?? 0
    }

    package func bookings(after: BookingID?, limit: Int) throws -> [BookingRecord] {
        let statement = try db.cachedStatement(
            sql: "SELECT \(bookingColumns) FROM bookings WHERE id > ? ORDER BY id LIMIT ?"
        )
        return try Row.fetchAll(statement, arguments: [after?.raw ?? "", limit]).map(BookingRecord.init)
    }

    package func departureTallies() throws -> [DepartureTally] {
        let tallies = """
            SELECT d.id, d.capacity, d.available, d.booked, d.boarded, d.no_show,
                coalesce(sum(b.state = 'booked'), 0), coalesce(sum(b.state = 'boarded'), 0),
                coalesce(sum(b.state = 'no_show'), 0)
            FROM departures d LEFT JOIN bookings b ON b.departure = d.id AND b.state <> 'cancelled'
            GROUP BY d.id
            """
        return try Row.fetchAll(db, sql: tallies).map { row in
            DepartureTally(
                departure: DepartureID(trusted: row[0]), capacity: row[1],
                counts: SeatCounts(available: row[2], booked: row[3], boarded: row[4], noShow: row[5]),
                booked: row[6], boarded: row[7], noShow: row[8]
            )
        }
    }
}

private let bookingColumns = """
    id, departure, rider, state, fare, currency, cutoff_minutes, refund_percent, booked_at, charge, cancelled_at, refund
    """

extension BookingRecord {
    fileprivate init(_ row: Row) throws {
        self.init(
            id: BookingID(trusted: row[0]), departure: DepartureID(trusted: row[1]), rider: AccountID(trusted: row[2]),
            state: try StoredValue.word(row[3], in: "bookings"),
            fare: Money(amount: row[4], currency: CurrencyCode(trusted: row[5])),
            policy: RefundPolicy(cutoffMinutes: row[6], percent: row[7]), bookedAt: Timestamp(milliseconds: row[8]),
            charge: (row[9] as String?).map(JournalEntryID.init(trusted:)),
            cancelledAt: (row[10] as Int64?).map { Timestamp(milliseconds: $0) },
            refund: (row[11] as String?).map(JournalEntryID.init(trusted:))
        )
    }
}

extension SQLiteSnapshot: BookingReads {}

extension SQLiteTransaction: BookingRecords {
    package func takeSeat(on departure: DepartureID, at now: Timestamp) throws -> DepartureRecord? {
        // The guard against selling a seat twice: what is left is compared and changed by one statement.
        let statement = try db.cachedStatement(
            sql: """
                UPDATE departures SET available = available - 1, booked = booked + 1, revision = revision + 1
                WHERE id = ? AND available > 0 AND state = 'scheduled' AND departs_at > ?
                RETURNING \(DepartureRecord.returned)
                """
        )
        return try Row.fetchOne(statement, arguments: [departure.raw, now.milliseconds]).map(DepartureRecord.init(row:))
    }

    package func releaseSeat(on departure: DepartureID) throws -> DepartureRecord? {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE departures SET available = available + 1, booked = booked - 1, revision = revision + 1
                WHERE id = ? AND booked > 0 RETURNING \(DepartureRecord.returned)
                """
        )
        return try Row.fetchOne(statement, arguments: [departure.raw]).map(DepartureRecord.init(row:))
    }

    package func insert(_ booking: BookingRecord) throws {
        try db.cachedStatement(
            sql: "INSERT INTO bookings (\(bookingColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        ).execute(
            arguments: [
                booking.id.raw, booking.departure.raw, booking.rider.raw, booking.state.rawValue, booking.fare.amount,
                booking.fare.currency.raw, booking.policy.cutoffMinutes, booking.policy.percent,
                booking.bookedAt.milliseconds, booking.charge?.raw, booking.cancelledAt?.milliseconds, booking.refund?.raw,
            ]
        )
    }

    package func cancel(_ booking: BookingID, at now: Timestamp, refund: JournalEntryID?) throws -> Bool {
        try db.cachedStatement(
            sql: """
                UPDATE bookings SET state = 'cancelled', cancelled_at = ?, refund = ?
                WHERE id = ? AND state = 'booked'
                """
        ).execute(arguments: [now.milliseconds, refund?.raw, booking.raw])
        return db.changesCount == 1
    }
}

package import Booking
package import CommandBus
import GRDB
package import Storage

/// A connection to a store's file behind the store's back: to look at what it kept, and to spoil it.
///
/// It checks neither foreign keys nor CHECKs, so that a test can write what the store itself would refuse.
package final class RawDatabase: Sendable {
    private let queue: DatabaseQueue

    package init(path: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA ignore_check_constraints = ON") }
        queue = try DatabaseQueue(path: path, configuration: configuration)
    }

    package func execute(_ statements: String...) throws {
        try queue.write { db in
            for statement in statements { try db.execute(sql: statement) }
        }
    }

    /// The first column of the first row; nil if there is no row, or it holds no number.
    package func integer(_ query: String) throws -> Int64? {
        try queue.read { db in try Int64.fetchOne(db, sql: query) }
    }

    package func text(_ query: String) throws -> String? {
        try queue.read { db in try String.fetchOne(db, sql: query) }
    }

    /// The first column of each row.
    package func texts(_ query: String) throws -> [String] {
        try queue.read { db in try String.fetchAll(db, sql: query) }
    }

    /// Removes what keeps the journal from being changed.
    package func disarmJournal() throws {
        try execute(
            "DROP TRIGGER journal_is_not_updated", "DROP TRIGGER journal_is_not_deleted",
            "DROP TRIGGER postings_are_not_updated", "DROP TRIGGER postings_are_not_deleted"
        )
    }

    package func close() throws {
        try queue.close()
    }
}

extension SQLiteTransaction {
    /// Writes seats down without a look at what is there: what a program does that has no guard.
    package func overwrite(_ seats: SeatCounts, of departure: DepartureID) throws {
        try db.execute(
            sql: "UPDATE departures SET available = ?, booked = ?, boarded = ?, no_show = ? WHERE id = ?",
            arguments: [seats.available, seats.booked, seats.boarded, seats.noShow, departure.raw]
        )
    }
}

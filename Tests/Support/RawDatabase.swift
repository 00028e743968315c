import GRDB

/// A connection to the file of an embedded store behind the store's back: to look at what it kept, and to spoil it.
///
/// It checks neither foreign keys nor CHECKs, so that a test can write what the store itself would refuse.
package final class RawDatabase: Sendable {
    let queue: DatabaseQueue

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

    /// Removes what keeps the journal and the audit log from being changed.
    static func disarmLogs(_ db: Database) throws {
        for trigger in [
            "journal_is_not_updated", "journal_is_not_deleted", "postings_are_not_updated", "postings_are_not_deleted",
            "audit_is_not_updated", "audit_is_not_deleted",
        ] {
            try db.execute(sql: "DROP TRIGGER IF EXISTS \(trigger)")
        }
    }

    package func close() throws {
        try queue.close()
    }
}

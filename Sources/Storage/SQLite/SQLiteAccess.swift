package import GRDB

/// What a snapshot and a transaction have in common: a connection to read from.
///
/// The reads of a feature are written once, as an extension of this, and serve both.
package protocol SQLiteReads {
    var db: Database { get }
}

/// A consistent view of the database for reading.
package struct SQLiteSnapshot: SQLiteReads {
    package let db: Database
}

/// One unit of work inside the writer's transaction, in a savepoint of its own.
package struct SQLiteTransaction: SQLiteReads {
    package let db: Database
}

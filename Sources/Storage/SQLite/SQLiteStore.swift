package import CommandBus
import Foundation
import GRDB
package import Logging
import Synchronization

/// The embedded store: SQLite with a write-ahead log, one writer that commits in groups, and readers beside it.
///
/// `synchronous=FULL`: a commit returns when the log is on the disk (fsync), so that what was acknowledged outlives a
/// power cut.
///
/// - SeeAlso: https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_synchronous
package final class SQLiteStore: CommandStore {
    package typealias Snapshot = SQLiteSnapshot
    package typealias Transaction = SQLiteTransaction

    private let pool: DatabasePool
    private let committer: GroupCommitter
    private let reader: GroupReader

    private init(pool: DatabasePool, readers: Int, logger: Logger) {
        self.pool = pool
        committer = GroupCommitter(pool: pool, logger: logger)
        reader = GroupReader(pool: pool, threads: readers)
    }

    /// Opens a database, makes it if there is none, and brings its schema up to date.
    ///
    /// - Parameters:
    ///   - path: the file; its folder must exist.
    ///   - readers: how many snapshots may be open at once.
    ///   - logger: faults of the engine go here.
    /// - Throws: ``SQLiteStoreError/newerSchema`` if another version of Farebus made the file; what SQLite throws.
    package static func open(
        path: String, readers: Int = 2, logger: Logger = Logger(label: "farebus.store")
    ) throws -> SQLiteStore {
        var configuration = Configuration()
        configuration.label = "farebus.store"
        configuration.maximumReaderCount = readers
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA foreign_keys = ON")
            // Without it REPLACE would delete rows behind the back of the triggers that keep the journal append-only.
            try db.execute(sql: "PRAGMA recursive_triggers = ON")
            // What is deleted is overwritten, so that the file does not go on telling of accounts that were erased. It is the
            // default of some distributions, and not of SQLite.
            try db.execute(sql: "PRAGMA secure_delete = ON")
            // Every page that a savepoint touches is kept until it is released, in case it is undone; in memory, because in
            // a file that would be the larger part of all that is written.
            try db.execute(sql: "PRAGMA temp_store = MEMORY")
            // A checkpoint writes each page a second time and waits for the disk once more: after 64 MiB of log instead of
            // the default's 4 MiB, which a busy second fills.
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 16384")
            // 64 MiB; the default of 2 MiB re-reads the index pages of a busy day.
            try db.execute(sql: "PRAGMA cache_size = -65536")
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        // After the pool has been made: making it sets NORMAL, with which the last commits don't outlive a power cut.
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
        let migrator = SQLiteMigrations.migrator
        if try pool.read(SQLiteCopyMark.isUnfinished) { throw SQLiteStoreError.unfinishedCopy }
        if try pool.read(migrator.hasBeenSuperseded) { throw SQLiteStoreError.newerSchema }
        try migrator.migrate(pool)
        return SQLiteStore(pool: pool, readers: readers, logger: logger)
    }

    /// Whether a newer version of the server has migrated the database under this one.
    package func hasForeignSchema() async throws -> Bool {
        try await read { snapshot in try SQLiteMigrations.migrator.hasBeenSuperseded(snapshot.db) }
    }

    /// Releases the database; what is under way is finished first. Blocks until then.
    package func close() throws {
        committer.stop()
        reader.stop()
        try pool.close()
    }

    package func read<Value: Sendable>(_ body: @escaping @Sendable (SQLiteSnapshot) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let isTaken = reader.submit { connection in
                continuation.resume(
                    with: Result {
                        try Self.translating { try body(SQLiteSnapshot(db: connection.get())) }
                    }
                )
            }
            if !isTaken { continuation.resume(throwing: Problem.storeBusy) }
        }
    }

    package func transact<Value: Sendable>(_ unit: TransactionUnit<SQLiteTransaction, Value>) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let box = OutcomeBox<Value>()
            let job = GroupCommitter.Job(
                perform: { db in
                    let result = Result { try Self.translating { try Self.run(unit, db) } }
                    box.outcome.withLock { $0 = result }
                },
                settle: { failure in
                    guard failure == nil, case let result? = box.outcome.withLock({ $0 }) else {
                        continuation.resume(throwing: Problem.storeUnavailable)
                        return
                    }
                    continuation.resume(
                        with: result.map { value in
                            var value = value
                            unit.committed(&value)
                            return value
                        }
                    )
                }
            )
            if !committer.submit(job) { continuation.resume(throwing: Problem.storeBusy) }
        }
    }

    /// Runs the work in a savepoint; where a rule refused it, the record of the refusal in another.
    private static func run<Value>(_ unit: TransactionUnit<SQLiteTransaction, Value>, _ db: Database) throws -> Value {
        do {
            return try savepoint(db) { try unit.perform(SQLiteTransaction(db: db)) }
        } catch let problem as Problem {
            guard db.isInsideTransaction else { throw problem }
            return try savepoint(db) { try unit.refused(problem, SQLiteTransaction(db: db)) }
        }
    }

    private static func savepoint<Value>(_ db: Database, _ body: () throws -> Value) throws -> Value {
        try db.cachedStatement(sql: "SAVEPOINT unit").execute()
        do {
            let value = try body()
            try db.cachedStatement(sql: "RELEASE unit").execute()
            return value
        } catch {
            guard db.isInsideTransaction else { throw error }
            do {
                try db.cachedStatement(sql: "ROLLBACK TO unit").execute()
                try db.cachedStatement(sql: "RELEASE unit").execute()
            } catch {
                // Half a unit must never be committed: the whole batch is given up.
                try? db.rollback()
                throw error
            }
            throw error
        }
    }

    /// What the engine itself throws where it can't go on is the problem of an unreachable store.
    private static func translating<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_CANTOPEN, .SQLITE_READONLY,
                .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_INTERRUPT, .SQLITE_NOMEM, .SQLITE_PROTOCOL, .SQLITE_PERM,
                .SQLITE_ABORT:
                throw Problem.storeUnavailable
            default: throw error
            }
        }
    }
}

/// Carries the outcome of a unit from the writer's thread to its settlement.
private final class OutcomeBox<Value: Sendable>: Sendable {
    let outcome = Mutex<Result<Value, any Error>?>(nil)
}

package enum SQLiteStoreError: Error, CustomStringConvertible {
    case newerSchema
    case unfinishedCopy

    package var description: String {
        switch self {
        case .unfinishedCopy: "The database is an unfinished copy. Run 'farebus store copy' again to finish it."
        case .newerSchema: "The database was made by another version of Farebus. Start that one, or restore a backup."
        }
    }
}

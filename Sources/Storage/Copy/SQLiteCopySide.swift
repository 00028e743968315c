import Foundation
package import GRDB

/// A file of SQLite to copy from: one snapshot, whatever others do meanwhile.
package struct SQLiteCopySource: CopySource {
    package let name: String
    private let snapshot: DatabaseSnapshot

    /// - Parameters:
    ///   - path: the file.
    ///   - name: what it is called.
    /// - Throws: ``CopyError/noDatabase(_:)``, ``CopyError/otherSchema(_:)``; what SQLite throws.
    package init(path: String, name: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { throw CopyError.noDatabase(path) }
        var configuration = Configuration()
        configuration.label = "farebus.copy"
        configuration.readonly = true
        let snapshot = try DatabasePool(path: path, configuration: configuration).makeSnapshot()
        try snapshot.read { db in
            guard try SQLiteCopyMark.isCurrent(db) else { throw CopyError.otherSchema(name) }
            if try SQLiteCopyMark.isUnfinished(db) { throw SQLiteCopyError.unfinished }
        }
        self.name = name
        self.snapshot = snapshot
    }

    package func count(of table: StoreTable) async throws -> Int {
        try await snapshot.read { db in try SQLiteRows(db: db, table: table).count() }
    }

    package func page(of table: StoreTable, after place: [StoreValue]?, limit: Int) async throws -> CopyPage {
        try await snapshot.read { db in try SQLiteRows(db: db, table: table).page(after: place, limit: limit) }
    }
}

/// A file of SQLite to copy into.
package struct SQLiteCopyTarget: CopyTarget {
    package let name: String
    private let pool: DatabasePool

    /// Opens the file, and makes it if there is none.
    ///
    /// - Parameters:
    ///   - path: the file; its folder must exist.
    ///   - name: what it is called.
    /// - Throws: ``CopyError/otherSchema(_:)``; what SQLite throws.
    package init(path: String, name: String) throws {
        var configuration = Configuration()
        configuration.label = "farebus.copy"
        configuration.busyMode = .timeout(10)
        let pool = try DatabasePool(path: path, configuration: configuration)
        // After the pool has been made, as for the store itself.
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
        if try pool.read({ db in try !SQLiteCopyMark.isUnfinished(db) }) { try SQLiteMigrations.migrator.migrate(pool) }
        guard try pool.read(SQLiteCopyMark.isCurrent) else { throw CopyError.otherSchema(name) }
        self.name = name
        self.pool = pool
    }

    /// Releases the file, and sees to it that it has everything by itself; blocks.
    package func close() throws {
        try pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        try pool.close()
    }

    /// Reads what was copied as a server would.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (SQLiteSnapshot) throws -> Value) async throws -> Value {
        try await pool.read { db in try body(SQLiteSnapshot(db: db)) }
    }

    package func count(of table: StoreTable) async throws -> Int {
        try await pool.read { db in try SQLiteRows(db: db, table: table).count() }
    }

    package func page(of table: StoreTable, after place: [StoreValue]?, limit: Int) async throws -> CopyPage {
        try await pool.read { db in try SQLiteRows(db: db, table: table).page(after: place, limit: limit) }
    }

    package func progress() async throws -> CopyProgress? {
        try await pool.read { db in try SQLiteCopyMark.text(db).map(CopyProgress.init(text:)) }
    }

    package func begin(_ progress: CopyProgress) async throws {
        let text = try progress.text
        try await pool.write { db in
            for table in StoreTables.all where try SQLiteRows(db: db, table: table).count() > 0 {
                throw CopyError.notEmpty(table: table.name)
            }
            try SQLiteCopyMark.begin(text, db)
        }
    }

    package func append(
        _ rows: [StoreRow], to table: StoreTable, after previous: CopyProgress, next: CopyProgress
    ) async throws {
        try await note(next, after: previous) { db in try SQLiteRows(db: db, table: table).insert(rows) }
    }

    package func finish(after previous: CopyProgress, next: CopyProgress) async throws {
        try await note(next, after: previous, SQLiteCopyMark.remove)
    }

    private func note(
        _ next: CopyProgress, after previous: CopyProgress, _ body: @escaping @Sendable (Database) throws -> Void
    ) async throws {
        let (old, new) = (try previous.text, try next.text)
        try await pool.write { db in
            let noted = try SQLiteCopyMark.text(db)
            if noted == new, old != new { return }
            guard noted == old else { throw CopyError.interfered }
            try body(db)
            try SQLiteCopyMark.note(new, db)
        }
    }

    package func clear() async throws {
        guard try await pool.read(SQLiteCopyMark.isUnfinished) else { throw CopyError.notUnfinished }
        try await pool.erase()
        let pool = pool
        // GRDB migrates on a queue of its own and blocks the caller: not on the cooperative pool.
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            SQLiteMigrations.migrator.asyncMigrate(pool) { result in continuation.resume(with: result.map { _ in () }) }
        }
    }
}

/// Why a file is not worked with, in words for the operator.
package enum SQLiteCopyError: Error, Equatable, CustomStringConvertible {
    case unfinished

    package var description: String {
        """
        The database holds a copy that is not finished. Run 'farebus store copy' again as before, which goes on where it \
        stopped.
        """
    }
}

/// What says of a file that it holds a copy, and how far that has come.
package enum SQLiteCopyMark {
    /// Stands among the names of the migrations until the copy is finished. A server refuses a file with a migration that it
    /// does not know, of whatever version it is.
    private static let migration = "unfinished copy"

    /// Whether a server must not work with the file yet.
    package static func isUnfinished(_ db: Database) throws -> Bool {
        try migrations(db).contains(migration)
    }

    /// Whether the tables are this version's.
    static func isCurrent(_ db: Database) throws -> Bool {
        try migrations(db).subtracting([migration]) == Set(SQLiteMigrations.migrator.migrations)
    }

    private static func migrations(_ db: Database) throws -> Set<String> {
        guard try db.tableExists("grdb_migrations") else { return [] }
        return try Set(String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations"))
    }

    /// The progress as it is noted; nil if nothing was ever copied into the file.
    static func text(_ db: Database) throws -> String? {
        guard try db.tableExists("copy_progress") else { return nil }
        return try String.fetchOne(db, sql: "SELECT progress FROM copy_progress")
    }

    static func begin(_ text: String, _ db: Database) throws {
        try db.execute(sql: "CREATE TABLE copy_progress (progress TEXT NOT NULL) STRICT")
        try db.execute(sql: "INSERT INTO copy_progress VALUES (?)", arguments: [text])
        try db.execute(sql: "INSERT INTO grdb_migrations VALUES (?)", arguments: [migration])
    }

    static func note(_ text: String, _ db: Database) throws {
        try db.execute(sql: "UPDATE copy_progress SET progress = ?", arguments: [text])
    }

    static func remove(_ db: Database) throws {
        try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = ?", arguments: [migration])
    }
}

import Foundation
import GRDB
import Storage

/// The rows of a file of SQLite.
struct SQLiteKeptData: KeptData.Engine {
    let raw: RawDatabase

    func rows(of table: StoreTable) async throws -> [KeptRow] {
        try await raw.queue.read { db in try Self.rows(of: table, db) }
    }

    /// All columns are asked for, so that it is the table which is gone through and not an index.
    private static func rows(of table: StoreTable, _ db: Database) throws -> [KeptRow] {
        let names = table.columns.map(\.name)
        return try Row.fetchAll(db, sql: "SELECT \(names.joined(separator: ", ")) FROM \(table.name)").map { row in
            KeptRow(table, Dictionary(uniqueKeysWithValues: names.map { ($0, StoreValue(row[$0] as DatabaseValue)) }))
        }
    }

    func replace(
        in table: StoreTable, where isMeant: @escaping @Sendable (KeptRow) -> Bool,
        with next: @escaping @Sendable (KeptRow) -> KeptRow?
    ) async throws -> Int {
        try await raw.queue.write { db in
            if ["journal", "postings", "audit"].contains(table.name) { try RawDatabase.disarmLogs(db) }
            let rows = try Self.rows(of: table, db).filter(isMeant)
            var moved: [KeptRow] = []
            for row in rows {
                let key = row.key(of: table)
                if let next = next(row), next.key(of: table) == key {
                    try update(next, in: table, db)
                } else {
                    let condition = table.key.map { "\($0) = ?" }.joined(separator: " AND ")
                    try db.execute(
                        sql: "DELETE FROM \(table.name) WHERE \(condition)",
                        arguments: StatementArguments(key.map(\.databaseValue))
                    )
                    if let next = next(row) { moved.append(next) }
                }
            }
            // Once all have left their places, so that rows can change them.
            for row in moved { try insert(row, into: table, db) }
            return rows.count
        }
    }

    func insert(_ row: KeptRow, into table: StoreTable) async throws {
        try await raw.queue.write { db in try insert(row, into: table, db) }
    }

    private func update(_ row: KeptRow, in table: StoreTable, _ db: Database) throws {
        let names = table.columns.map(\.name)
        try db.execute(
            sql: """
                UPDATE \(table.name) SET \(names.map { "\($0) = ?" }.joined(separator: ", "))
                WHERE \(table.key.map { "\($0) = ?" }.joined(separator: " AND "))
                """,
            arguments: StatementArguments((names.map { row[$0] } + row.key(of: table)).map(\.databaseValue))
        )
    }

    private func insert(_ row: KeptRow, into table: StoreTable, _ db: Database) throws {
        let names = table.columns.map(\.name)
        let marks = Array(repeating: "?", count: names.count).joined(separator: ", ")
        try db.execute(
            sql: "INSERT INTO \(table.name) (\(names.joined(separator: ", "))) VALUES (\(marks))",
            arguments: StatementArguments(names.map { row[$0].databaseValue })
        )
    }

    func dropIndex(_ name: String, of table: StoreTable) async throws {
        try await raw.queue.write { db in try db.execute(sql: "DROP INDEX \(name)") }
    }

    func close() {
        try? raw.close()
    }
}

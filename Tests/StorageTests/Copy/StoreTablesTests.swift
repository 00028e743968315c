import Foundation
import GRDB
import Support
import Testing

@testable import Storage

@Suite("The list of all tables")
struct StoreTablesTests {
    struct Column: Equatable, Comparable, CustomStringConvertible {
        let name: String
        let type: String
        let isOptional: Bool

        var description: String { "\(name) \(type)\(isOptional ? "" : " NOT NULL")" }

        static func < (one: Self, other: Self) -> Bool { one.name < other.name }
    }

    private let folder: TemporaryFolder
    private let queue: DatabaseQueue

    init() throws {
        folder = try TemporaryFolder("tables")
        queue = try DatabaseQueue(path: folder.file("farebus.db").path(percentEncoded: false))
        try SQLiteMigrations.migrator.migrate(queue)
    }

    /// The tables of SQLite, with their columns.
    private func tables() throws -> [String: [Column]] {
        try queue.read { db in
            let names = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            ).filter { $0 != "grdb_migrations" }
            return try Dictionary(
                uniqueKeysWithValues: names.map { name in
                    (name, try Self.columns(of: name, db))
                }
            )
        }
    }

    private static func columns(of table: String, _ db: Database) throws -> [Column] {
        try Row.fetchAll(db, sql: "PRAGMA table_info(\(table))").map { row in
            let isNotNull: Bool = row["notnull"]
            let place: Int = row["pk"]
            return Column(name: row["name"], type: row["type"], isOptional: !isNotNull && place == 0)
        }
    }

    private static func listed() -> [String: [Column]] {
        var tables: [String: [Column]] = [:]
        for table in StoreTables.all {
            tables[table.name] = table.columns.map(column)
            for child in table.children {
                let position = child.isPositioned ? [StoreColumn.integer(child.order)] : []
                tables[child.table] = ([.text(child.parent)] + position + child.columns).map(column)
            }
        }
        return tables
    }

    private static func column(_ column: StoreColumn) -> Column {
        let type =
            switch column.kind {
            case .text: "TEXT"
            case .integer: "INTEGER"
            case .real: "REAL"
            case .blob: "BLOB"
            }
        return Column(name: column.name, type: type, isOptional: column.isOptional)
    }

    /// What the list and the database don't have in common.
    private func differences() throws -> [String] {
        let (kept, listed) = (try tables(), Self.listed())
        return Set(kept.keys).union(listed.keys).sorted().filter { kept[$0]?.sorted() != listed[$0]?.sorted() }
    }

    @Test("It has every table and every column of SQLite, of their types")
    func everything() throws {
        #expect(try differences() == [])
    }

    @Test(
        "A table or a column that it lacks is found",
        arguments: [
            ("CREATE TABLE new (id TEXT PRIMARY KEY) STRICT", "new"),
            ("ALTER TABLE routes ADD COLUMN colour TEXT", "routes"),
            ("ALTER TABLE routes DROP COLUMN short_name", "routes"),
            ("ALTER TABLE bus_stops ADD COLUMN zone TEXT", "bus_stops"),
        ])
    func lacking(sql: String, table: String) throws {
        try queue.write { db in try db.execute(sql: sql) }
        #expect(try differences() == [table])
    }

    @Test("It has the keys of SQLite", arguments: StoreTables.all.map(\.name))
    func keys(name: String) throws {
        let table = try #require(StoreTables.all.first { $0.name == name })
        let key = try queue.read { db in
            try Row.fetchAll(db, sql: "PRAGMA table_info(\(name))").filter { ($0["pk"] as Int) > 0 }
                .sorted { ($0["pk"] as Int) < ($1["pk"] as Int) }.map { $0["name"] as String }
        }
        #expect(table.key == key)
    }

    @Test("A table comes after those that its rows refer to")
    func order() throws {
        let names = StoreTables.all.map(\.name)
        for (place, table) in StoreTables.all.enumerated() {
            for name in [table.name] + table.children.map(\.table) {
                let parents = try queue.read { db in
                    try String.fetchAll(db, sql: "SELECT \"table\" FROM pragma_foreign_key_list(?)", arguments: [name])
                }
                for parent in parents {
                    let earlier = try #require(names.firstIndex(of: parent))
                    #expect(earlier < place || parent == table.name, "\(name) refers to \(parent)")
                }
            }
        }
    }

    @Test("Every unique key of SQLite is one of MongoDB, too")
    func uniqueKeys() throws {
        for table in StoreTables.all {
            let unique = try queue.read { db in
                try Row.fetchAll(
                    db, sql: "SELECT name FROM pragma_index_list(?) WHERE \"unique\" AND origin <> 'pk'",
                    arguments: [table.name]
                ).map { row in
                    try String.fetchAll(db, sql: "SELECT name FROM pragma_index_info(?)", arguments: [row[0] as String])
                }
            }
            let ours = (MongoIndexes.all[table.name] ?? []).filter(\.isUnique).map(\.keys)
            #expect(Set(unique) == Set(ours), "\(table.name)")
        }
    }

    @Test("Indexes and rules of MongoDB are of collections and fields that there are")
    func fields() {
        let names = Set(StoreTables.all.map(\.name))
        #expect(Set(MongoRules.all.keys).isSubset(of: names))
        #expect(Set(MongoIndexes.all.keys).isSubset(of: names))
        for table in StoreTables.all {
            let fields = Set(table.columns.map { table.field(of: $0.name) } + ["_id"])
            for index in MongoIndexes.all[table.name] ?? [] {
                #expect(Set(index.keys).isSubset(of: fields), "\(index.name)")
            }
        }
    }
}

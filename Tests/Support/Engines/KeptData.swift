package import Storage

/// What a store keeps, seen and spoiled behind its back, whatever its engine is.
///
/// What is written here is checked by nobody: a test can write what the store itself would refuse.
package struct KeptData: Sendable {
    /// What one engine does of it.
    protocol Engine: Sendable {
        func rows(of table: StoreTable) async throws -> [KeptRow]
        /// Puts something else in the place of rows, or nothing.
        ///
        /// - Returns: how many rows there were.
        func replace(
            in table: StoreTable, where isMeant: @escaping @Sendable (KeptRow) -> Bool,
            with next: @escaping @Sendable (KeptRow) -> KeptRow?
        ) async throws -> Int
        func insert(_ row: KeptRow, into table: StoreTable) async throws
        func dropIndex(_ name: String, of table: StoreTable) async throws
        /// Blocks.
        func close()
    }

    private let engine: any Engine

    init(_ engine: any Engine) {
        self.engine = engine
    }

    /// The rows of a table, in the order in which they came.
    package func rows(
        of table: String, where isMeant: (KeptRow) -> Bool = { _ in true }
    ) async throws -> [KeptRow] {
        try await engine.rows(of: Self.table(table)).filter(isMeant)
    }

    package func count(of table: String, where isMeant: (KeptRow) -> Bool = { _ in true }) async throws -> Int {
        try await rows(of: table, where: isMeant).count
    }

    /// The one row that there is.
    ///
    /// - Throws: ``NotOne`` where there are none or several.
    package func row(of table: String, where isMeant: (KeptRow) -> Bool = { _ in true }) async throws -> KeptRow {
        let rows = try await rows(of: table, where: isMeant)
        guard let row = rows.first, rows.count == 1 else { throw NotOne(table: table, count: rows.count) }
        return row
    }

    /// The setting of a name, as it is written; nil if there is none.
    package func setting(_ name: String) async throws -> String? {
        try await rows(of: "settings") { $0.text("name") == name }.first?.text("value")
    }

    /// Changes rows.
    ///
    /// - Throws: ``NothingSpoiled`` where there are none of these: the test would show nothing.
    package func change(
        _ table: String, where isMeant: @escaping @Sendable (KeptRow) -> Bool = { _ in true },
        by change: @escaping @Sendable (inout KeptRow) -> Void
    ) async throws {
        let count = try await engine.replace(in: Self.table(table), where: isMeant) { row in
            var row = row
            change(&row)
            return row
        }
        if count == 0 { throw NothingSpoiled(table: table) }
    }

    /// Removes rows.
    ///
    /// - Throws: ``NothingSpoiled`` where there are none of these.
    package func remove(
        from table: String, where isMeant: @escaping @Sendable (KeptRow) -> Bool = { _ in true }
    ) async throws {
        if try await engine.replace(in: Self.table(table), where: isMeant, with: { _ in nil }) == 0 {
            throw NothingSpoiled(table: table)
        }
    }

    /// Adds a row; what is not named is null.
    package func add(to table: String, _ values: [String: StoreValue]) async throws {
        let table = try Self.table(table)
        try await engine.insert(KeptRow(table, values), into: table)
    }

    /// Takes a guard away that the database itself is.
    package func dropIndex(_ name: String, of table: String) async throws {
        try await engine.dropIndex(name, of: Self.table(table))
    }

    /// Blocks until what is under way is over.
    package func close() {
        engine.close()
    }

    private static func table(_ name: String) throws -> StoreTable {
        guard let table = StoreTables.all.first(where: { $0.name == name }) else { throw NoTable(name: name) }
        return table
    }

    package struct NothingSpoiled: Error {
        let table: String
    }

    package struct NotOne: Error {
        let table: String
        let count: Int
    }

    struct NoTable: Error {
        let name: String
    }
}

package import GRDB

/// The rows of one table of SQLite, with those of its child tables.
struct SQLiteRows {
    let db: Database
    let table: StoreTable

    func count() throws -> Int {
        try Int.fetchOne(db.cachedStatement(sql: "SELECT count(*) FROM \(table.name)")) ?? 0
    }

    /// Rows in the order of the key.
    func page(after place: [StoreValue]?, limit: Int) throws -> CopyPage {
        let key = table.key.joined(separator: ", ")
        let condition = place == nil ? "" : "WHERE (\(key)) > (\(marks(table.key.count)))"
        let names = table.columns.map(\.name).joined(separator: ", ")
        let statement = try db.cachedStatement(
            sql: "SELECT \(names) FROM \(table.name) \(condition) ORDER BY \(key) LIMIT ?"
        )
        let arguments = StatementArguments((place ?? []).map(\.databaseValue) + [limit.databaseValue])
        var rows = try Row.fetchAll(statement, arguments: arguments).map { row in
            StoreRow(values: values(row, table.columns, from: 0), children: table.children.map { _ in [] })
        }
        if !rows.isEmpty {
            for index in table.children.indices { try addChildren(index, to: &rows) }
        }
        return CopyPage(
            rows: rows.map { row in PlacedRow(place: table.key.map { table.value(of: $0, in: row) }, row: row) }
        )
    }

    /// Reads the rows of a child table, for all the rows of a page at once.
    private func addChildren(_ index: Int, to rows: inout [StoreRow]) throws {
        let child = table.children[index]
        guard let key = table.soleKey, let first = rows.first, let last = rows.last else { return }
        var places: [StoreValue: Int] = [:]
        for (place, row) in rows.enumerated() { places[table.value(of: key, in: row)] = place }
        let names = ([child.parent] + child.columns.map(\.name)).joined(separator: ", ")
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(names) FROM \(child.table) WHERE \(child.parent) BETWEEN ? AND ?
                ORDER BY \(child.parent), \(child.order)
                """
        )
        let bounds = [first, last].map { table.value(of: key, in: $0).databaseValue }
        for row in try Row.fetchAll(statement, arguments: StatementArguments(bounds)) {
            guard let place = places[StoreValue(row[0] as DatabaseValue)] else { continue }
            rows[place].children[index].append(values(row, child.columns, from: 1))
        }
    }

    /// Adds rows. What is there already under the same key is an error: an unfinished copy has no rows that it does not know
    /// of.
    func insert(_ rows: [StoreRow]) throws {
        let statement = try insertion(table.name, table.columns.map(\.name))
        for row in rows { try statement.execute(arguments: StatementArguments(row.values.map(\.databaseValue))) }
        guard let key = table.soleKey else { return }
        for (index, child) in table.children.enumerated() {
            let order = child.isPositioned ? [child.order] : []
            let statement = try insertion(child.table, [child.parent] + order + child.columns.map(\.name))
            for row in rows {
                let parent = table.value(of: key, in: row).databaseValue
                for (position, values) in row.children[index].enumerated() {
                    let order = child.isPositioned ? [position.databaseValue] : []
                    try statement.execute(
                        arguments: StatementArguments([parent] + order + values.map(\.databaseValue))
                    )
                }
            }
        }
    }

    private func insertion(_ table: String, _ columns: [String]) throws -> Statement {
        try db.cachedStatement(
            sql: "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(marks(columns.count)))"
        )
    }

    private func marks(_ count: Int) -> String {
        Array(repeating: "?", count: count).joined(separator: ", ")
    }

    private func values(_ row: Row, _ columns: [StoreColumn], from start: Int) -> [StoreValue] {
        columns.indices.map { StoreValue(row[start + $0] as DatabaseValue) }
    }
}

extension StoreValue {
    package init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .double(let number): self = .real(number)
        case .string(let text): self = .text(text)
        case .blob(let data): self = .blob(data)
        }
    }

    package var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .real(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .blob(let data): data.databaseValue
        }
    }
}

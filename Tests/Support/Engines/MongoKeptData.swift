import Storage

/// The documents of a database of MongoDB, as the rows that they stand for.
struct MongoKeptData: KeptData.Engine {
    /// A store of its own: that of the test may have no thread to spare, or be closed.
    let store: MongoStore

    func rows(of table: StoreTable) async throws -> [KeptRow] {
        try await store.outsideTransactions { session in try session.find(table.name, [:]).map(table.keptRow) }
    }

    func replace(
        in table: StoreTable, where isMeant: @escaping @Sendable (KeptRow) -> Bool,
        with next: @escaping @Sendable (KeptRow) -> KeptRow?
    ) async throws -> Int {
        try await store.outsideTransactions { session in
            let documents = try session.find(table.name, [:]).filter { isMeant(table.keptRow($0)) }
            var moved: [BSONDocument] = []
            for document in documents {
                let new = next(table.keptRow(document)).map { table.document(document, holding: $0) }
                if let new, new["_id"] == document["_id"] {
                    try put(new, into: table, session)
                } else {
                    try session.delete(table.name, ["_id": document["_id"] ?? .null])
                    if let new { moved.append(new) }
                }
            }
            // Once all have left their places, so that documents can change them.
            for document in moved { try insert(document, into: table, session) }
            return documents.count
        }
    }

    func insert(_ row: KeptRow, into table: StoreTable) async throws {
        try await store.outsideTransactions { session in
            var document = BSONDocument()
            for child in table.children { document[child.field] = .array([]) }
            try insert(table.document(document, holding: row), into: table, session)
        }
    }

    private func put(_ document: BSONDocument, into table: StoreTable, _ session: MongoSession) throws {
        let statement: BSONDocument = ["q": ["_id": document["_id"] ?? .null], "u": .document(document)]
        try write(["update": .string(table.name), "updates": BSONValue([statement])], session)
    }

    private func insert(_ document: BSONDocument, into table: StoreTable, _ session: MongoSession) throws {
        try write(["insert": .string(table.name), "documents": BSONValue([document])], session)
    }

    private func write(_ command: BSONDocument, _ session: MongoSession) throws {
        var command = command
        command["bypassDocumentValidation"] = true
        let reply = try session.command(command)
        if reply["writeErrors"] != nil { throw NotWritten(reply: "\(reply)") }
    }

    func dropIndex(_ name: String, of table: StoreTable) async throws {
        _ = try await store.command(["dropIndexes": .string(table.name), "index": .string(name)])
    }

    /// Removes the whole database.
    func drop() async throws {
        _ = try await store.command(["dropDatabase": 1])
    }

    func close() {
        try? store.close()
    }

    private struct NotWritten: Error {
        let reply: String
    }
}

extension StoreTable {
    /// What a document holds of the columns. A value of a kind that no column has is null.
    fileprivate func keptRow(_ document: BSONDocument) -> KeptRow {
        KeptRow(self, Dictionary(uniqueKeysWithValues: columns.map { ($0.name, StoreValue(document[field($0.name)])) }))
    }

    /// A document with the columns of a row in the place of its own; what else it has stays.
    fileprivate func document(_ document: BSONDocument, holding row: KeptRow) -> BSONDocument {
        var document = document
        // A missing key is the first field.
        if document["_id"] == nil { document.fields.insert((name: "_id", value: .null), at: 0) }
        for column in columns {
            let value = row[column.name]
            document[field(column.name)] = value == .null ? nil : BSONValue(value)
        }
        if key.count > 1 { document["_id"] = .string(row.key(of: self).map(\.inKey).joined(separator: "|")) }
        for mark in marks { document[mark.field] = mark.holds(for: row) ? true : nil }
        return document
    }

    private func field(_ column: String) -> String { key == [column] ? "_id" : column }
}

extension StoreMark {
    fileprivate func holds(for row: KeptRow) -> Bool {
        switch condition {
        case .isMissing: row[column] == .null
        case .isNot(let word): row[column] != .text(word)
        }
    }
}

extension StoreValue {
    fileprivate init(_ value: BSONValue?) {
        switch value {
        case .int(let number): self = .integer(number)
        case .double(let number): self = .real(number)
        case .string(let text): self = .text(text)
        case .binary(let data): self = .blob(data)
        default: self = .null
        }
    }

    /// As a part of a key that joins several columns.
    fileprivate var inKey: String {
        switch self {
        case .null: ""
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .text(let text): text
        case .blob(let data): data.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }
}

import Foundation

extension StoreTable {
    /// The document of a row.
    func document(of row: StoreRow) -> BSONDocument {
        var fields: [BSONDocument.Field] = []
        if soleKey == nil { fields.append((name: "_id", value: .string(joinedKey(of: row)))) }
        for (column, value) in zip(columns, row.values) where value != .null {
            fields.append((name: field(of: column.name), value: BSONValue(value)))
        }
        for (child, rows) in zip(children, row.children) {
            let elements = rows.map { values in
                BSONDocument(
                    fields: zip(child.columns, values).filter { $1 != .null }.map { (name: $0.name, value: BSONValue($1)) }
                )
            }
            fields.append((name: child.field, value: BSONValue(elements)))
        }
        for mark in marks where mark.holds(value(of: mark.column, in: row)) {
            fields.append((name: mark.field, value: true))
        }
        return BSONDocument(fields: fields)
    }

    /// The row of a document.
    ///
    /// - Throws: ``CopyError`` where it holds something that a row has no place for.
    func row(of document: BSONDocument) throws -> StoreRow {
        let known =
            Set(columns.map { field(of: $0.name) } + children.map(\.field) + marks.map(\.field) + bookkeeping).union(["_id"])
        if let stranger = document.fields.first(where: { !known.contains($0.name) }) {
            throw CopyError.unknownField(table: name, field: stranger.name)
        }
        let values = try columns.map { try $0.value(document[field(of: $0.name)], in: name) }
        let children = try children.map { child in
            guard case .array(let elements)? = document[child.field] else {
                throw CopyError.unreadable(table: name, column: child.field)
            }
            let rows = try elements.map { element in
                guard case .document(let element) = element else {
                    throw CopyError.unreadable(table: name, column: child.field)
                }
                let names = Set(child.columns.map(\.name))
                if let stranger = element.fields.first(where: { !names.contains($0.name) }) {
                    throw CopyError.unknownField(table: name, field: "\(child.field).\(stranger.name)")
                }
                return try child.columns.map { try $0.value(element[$0.name], in: child.table) }
            }
            return child.sorted(rows)
        }
        return StoreRow(values: values, children: children)
    }

    func value(of column: String, in row: StoreRow) -> StoreValue {
        zip(columns, row.values).first { $0.0.name == column }?.1 ?? .null
    }

    /// The columns of the key as one text; bytes as hexadecimal digits.
    private func joinedKey(of row: StoreRow) -> String {
        key.map { column in
            switch value(of: column, in: row) {
            case .null: ""
            case .integer(let number): String(number)
            case .real(let number): String(number)
            case .text(let text): text
            case .blob(let data):
                data.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
            }
        }.joined(separator: "|")
    }
}

extension StoreChild {
    /// Rows in their order: where it does not count, a list may have been written in any.
    func sorted(_ rows: [[StoreValue]]) -> [[StoreValue]] {
        guard let index = columns.firstIndex(where: { $0.name == order }) else { return rows }
        return rows.sorted { one, other in
            guard case (.text(let one), .text(let other)) = (one[index], other[index]) else { return false }
            return one.utf8.lexicographicallyPrecedes(other.utf8)
        }
    }
}

extension StoreMark {
    func holds(_ value: StoreValue) -> Bool {
        switch condition {
        case .isMissing: value == .null
        case .isNot(let word): value != .text(word)
        }
    }
}

extension StoreColumn {
    /// A field as a value of this column's kind.
    fileprivate func value(_ field: BSONValue?, in table: String) throws -> StoreValue {
        switch (kind, field) {
        case (_, nil), (_, .null): if isOptional { return .null }
        case (.text, .string(let text)): return .text(text)
        case (.integer, .int(let number)): return .integer(number)
        case (.real, .double(let number)): return .real(number)
        case (.blob, .binary(let data)): return .blob(data)
        default: break
        }
        throw CopyError.unreadable(table: table, column: name)
    }
}

extension BSONValue {
    package init(_ value: StoreValue) {
        self =
            switch value {
            case .null: .null
            case .integer(let number): .int(number)
            case .real(let number): .double(number)
            case .text(let text): .string(text)
            case .blob(let data): .binary(data)
            }
    }
}

extension StoreValue {
    /// The value of a document's `_id`; nil where it is of no kind that a key has.
    init?(id: BSONValue?) {
        switch id {
        case .int(let number): self = .integer(number)
        case .string(let text): self = .text(text)
        case .binary(let data): self = .blob(data)
        default: return nil
        }
    }
}

import Foundation
package import Storage

/// A row of a table as a store keeps it, whatever its engine is: all its columns, by their names.
package struct KeptRow: Sendable, Equatable {
    package let table: String
    private var values: [String: StoreValue]

    /// - Parameter values: what is missing of the columns is null.
    package init(_ table: StoreTable, _ values: [String: StoreValue]) {
        self.table = table.name
        self.values = Dictionary(uniqueKeysWithValues: table.columns.map { ($0.name, .null) })
        for (column, value) in values { self[column] = value }
    }

    /// A column that there is none of stops the test: what it looks for would never be there.
    package subscript(column: String) -> StoreValue {
        get {
            guard let value = values[column] else { fatalError("\(table) has no column '\(column)'") }
            return value
        }
        set {
            guard values.updateValue(newValue, forKey: column) != nil else {
                fatalError("\(table) has no column '\(column)'")
            }
        }
    }

    /// A text, or bytes that are one; nil for anything else.
    package func text(_ column: String) -> String? {
        switch self[column] {
        case .text(let text): text
        case .blob(let data): String(data: data, encoding: .utf8)
        case .null, .integer, .real: nil
        }
    }

    /// Whether a text stands in any of its columns, in upper or lower case, also where the bytes are not all text.
    package func mentions(_ word: String) -> Bool {
        values.values.contains { value in
            switch value {
            case .text(let text): text.localizedCaseInsensitiveContains(word)
            case .blob(let data): String(decoding: data, as: UTF8.self).localizedCaseInsensitiveContains(word)
            case .null, .integer, .real: false
            }
        }
    }

    /// Several texts, with spaces between them.
    package func texts(_ columns: String...) -> String {
        columns.map { text($0) ?? "-" }.joined(separator: " ")
    }

    /// A whole number; nil for anything else.
    package func integer(_ column: String) -> Int64? {
        if case .integer(let number) = self[column] { return number }
        return nil
    }

    /// Adds to a whole number.
    package mutating func add(_ number: Int64, to column: String) {
        guard let before = integer(column) else { fatalError("\(table) has no number in '\(column)'") }
        self[column] = .integer(before + number)
    }

    /// Every value that is not null, as a text; bytes in hexadecimal digits.
    package var written: [String] {
        values.values.compactMap { value in
            switch value {
            case .null: nil
            case .integer(let number): String(number)
            case .real(let number): String(number)
            case .text(let text): text
            case .blob(let data): data.map { String(format: "%02X", $0) }.joined()
            }
        }
    }

    /// The values of the key.
    func key(of table: StoreTable) -> [StoreValue] { table.key.map { self[$0] } }
}

extension StoreValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    package init(stringLiteral value: String) {
        self = .text(value)
    }

    package init(integerLiteral value: Int64) {
        self = .integer(value)
    }
}

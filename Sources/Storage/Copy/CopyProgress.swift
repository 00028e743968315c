package import Foundation

/// How far a copy has come. It is kept in the target, and changed in the same transaction as the rows.
package struct CopyProgress: Sendable, Codable, Equatable {
    package struct Table: Sendable, Codable, Equatable {
        package var count = 0
        /// Where the source goes on; nil before its first row.
        var last: [StoreValue]?
        var isDone = false
    }

    /// What is copied, without a password.
    package let source: String
    /// By name.
    package var tables: [String: Table] = [:]
    /// When everything was there, and had been compared.
    package var finishedAt: Date?

    init(source: String) {
        self.source = source
    }

    /// How many rows there are so far.
    package var count: Int { tables.values.reduce(0) { $0 + $1.count } }

    var text: String {
        get throws {
            let encoder = JSONEncoder()
            // Two texts of the same progress are compared.
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    init(text: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }
}

import CommandBus
import Cryptography
import Foundation
import GRDB

// What statements take and rows hold, for all records.

extension Digest256 {
    var data: Data { Data(bytes) }
}

extension Database {
    func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }

    func rows(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
    }

    func run(_ sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

extension Row {
    func timestamp(_ column: String) -> Timestamp {
        Timestamp(milliseconds: self[column])
    }

    func optionalTimestamp(_ column: String) -> Timestamp? {
        let milliseconds: Int64? = self[column]
        return milliseconds.map { Timestamp(milliseconds: $0) }
    }

    func identifier<Kind>(_ column: String) -> Identifier<Kind>? {
        let raw: String? = self[column]
        return raw.map { Identifier(trusted: $0) }
    }

    func digest(_ column: String, in table: String) throws -> Digest256 {
        guard let digest = try optionalDigest(column, in: table) else { throw UnreadableRow(table: table, value: column) }
        return digest
    }

    func optionalDigest(_ column: String, in table: String) throws -> Digest256? {
        let data: Data? = self[column]
        guard let data else { return nil }
        guard let digest = Digest256(data) else { throw UnreadableRow(table: table, value: column) }
        return digest
    }
}

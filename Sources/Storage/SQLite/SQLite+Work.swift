package import CommandBus
package import Foundation
import GRDB

extension SQLiteTransaction: WorkRecords {
    package func idempotencyRecord(scope: String, key: IdempotencyKey) throws -> IdempotencyRecord? {
        let statement = try db.cachedStatement(
            sql: "SELECT fingerprint, status, body FROM idempotency WHERE scope = ? AND key = ?"
        )
        return try Row.fetchOne(statement, arguments: [scope, key.raw]).map { row in
            IdempotencyRecord(
                fingerprint: IdempotencyFingerprint(bytes: row[0]), status: row[1], body: row[2]
            )
        }
    }

    package func insert(_ record: IdempotencyRecord, scope: String, key: IdempotencyKey, at: Timestamp) throws {
        try db.cachedStatement(
            sql: "INSERT INTO idempotency (scope, key, fingerprint, status, body, at) VALUES (?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [scope, key.raw, record.fingerprint.bytes, record.status, record.body, at.milliseconds])
    }

    package func append(_ events: [DomainEvent], at: Timestamp) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO events (kind, actor, subject, data, trace, at) VALUES (?, ?, ?, ?, ?, ?)"
        )
        for event in events {
            try statement.execute(
                arguments: [event.kind, event.actor, event.subject, event.data ?? Data(), event.trace, at.milliseconds]
            )
        }
    }
}

extension SettingReads where Self: SQLiteReads {
    package func setting(_ name: String) throws -> Data? {
        let statement = try db.cachedStatement(sql: "SELECT value FROM settings WHERE name = ?")
        return try Data.fetchOne(statement, arguments: [name])
    }
}

extension SQLiteSnapshot: SettingReads {}

extension SQLiteTransaction: SettingRecords {
    package func set(_ name: String, _ value: Data) throws {
        try db.cachedStatement(
            sql: "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ).execute(arguments: [name, value])
    }
}

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

extension SQLiteTransaction: FenceRecords {
    package func fence(of job: String) throws -> Int64 {
        try Int64.fetchOne(db.cachedStatement(sql: "SELECT token FROM fences WHERE job = ?"), arguments: [job]) ?? 0
    }

    package func raiseFence(of job: String, to token: Int64) throws -> Bool {
        try db.cachedStatement(
            sql: """
                INSERT INTO fences (job, token) VALUES (?, ?)
                ON CONFLICT (job) DO UPDATE SET token = excluded.token WHERE excluded.token > token
                """
        ).execute(arguments: [job, token])
        return db.changesCount == 1
    }

    package func passFence(of job: String, token: Int64) throws -> Bool {
        try fence(of: job) == token
    }
}

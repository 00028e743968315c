package import CommandBus
package import Foundation

// Transactions run beside each other, each on a snapshot of its own, and only two that write the same document, or claim
// the same unique key, get in each other's way: the later one is undone and run again from its beginning. So a rule that
// reads one document and writes another holds only if whatever could break it writes a document that the rule writes too.
// Each file here says for its own rules which document that is. A write that changes nothing is no write to the server:
// where a document is written only to meet, it is counted up.

extension MongoTransaction: WorkRecords {
    package func idempotencyRecord(scope: String, key: IdempotencyKey) throws -> IdempotencyRecord? {
        try session.findOne("idempotency", ["_id": Self.firstAnswer(scope, key)]).map { row in
            IdempotencyRecord(
                fingerprint: IdempotencyFingerprint(bytes: try row.data("fingerprint")), status: try row.int("status"),
                body: try row.data("body")
            )
        }
    }

    /// Two deliveries of one key at once: both see no record, and the key lets one of them in. The other is run again
    /// and finds the answer.
    package func insert(_ record: IdempotencyRecord, scope: String, key: IdempotencyKey, at: Timestamp) throws {
        try session.insert(
            "idempotency",
            [
                "_id": Self.firstAnswer(scope, key), "scope": .string(scope), "key": .string(key.raw),
                "fingerprint": .binary(record.fingerprint.bytes), "status": BSONValue(record.status),
                "body": .binary(record.body), "at": BSONValue(at),
            ]
        )
    }

    /// A scope has no `|` in it, so that no two pairs are the same text.
    private static func firstAnswer(_ scope: String, _ key: IdempotencyKey) -> BSONValue {
        .string("\(scope)|\(key.raw)")
    }
}

extension SettingReads where Self: MongoReads {
    package func setting(_ name: String) throws -> Data? {
        try session.findOne("settings", ["_id": .string(name)])?.data("value")
    }
}

extension MongoSnapshot: SettingReads {}

extension MongoTransaction: SettingRecords {
    /// Whoever reads a setting and sets it anew conflicts with whoever does the same, by the setting itself.
    package func set(_ name: String, _ value: Data) throws {
        try session.update("settings", ["_id": .string(name)], ["$set": ["value": .binary(value)]], upsert: true)
    }
}

extension MongoTransaction: FenceRecords {
    package func fence(of job: String) throws -> Int64 {
        try session.findOne("fences", ["_id": .string(job)])?.int64("token") ?? 0
    }

    /// Not an upsert with the older token in its filter: where the token is newer that would be an insert, and its
    /// duplicate key would end the transaction.
    package func raiseFence(of job: String, to token: Int64) throws -> Bool {
        guard try session.findOne("fences", ["_id": .string(job)]) != nil else {
            try session.insert("fences", ["_id": .string(job), "token": .int(token)])
            return true
        }
        let older: BSONDocument = ["_id": .string(job), "token": ["$lt": .int(token)]]
        return try session.update("fences", older, ["$set": ["token": .int(token)]]) == 1
    }

    /// Written and not only read: a fence that is raised meanwhile must undo what is done under this token.
    package func passFence(of job: String, token: Int64) throws -> Bool {
        // Below the first token there is nothing to write to: as long as no lease was ever taken, all pass.
        guard token > 0 else { return try fence(of: job) == token }
        return try session.update(
            "fences", ["_id": .string(job), "token": .int(token)], ["$inc": ["passes": 1]]
        ) == 1
    }
}

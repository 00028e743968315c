package import Auth
package import CommandBus
package import Cryptography
import Foundation

extension AccountReads where Self: MongoReads {
    package func challenge(token: Digest256) throws -> CodeChallenge? {
        try session.findOne("code_challenges", ["_id": BSONValue(token)]).map(CodeChallenge.init(document:))
    }

    package func registrationGrant(token: Digest256) throws -> RegistrationGrant? {
        try session.findOne("registration_grants", ["_id": BSONValue(token)]).map { row in
            RegistrationGrant(
                token: try row.digest("_id"), address: EmailAddress(trusted: try row.text("address")),
                expiresAt: try row.timestamp("expires_at")
            )
        }
    }

    package func codesSent(
        to address: EmailAddress, for purpose: CodePurpose, since start: Timestamp
    ) throws -> [Timestamp] {
        try session.find(
            "code_challenges", CodeChallenge.sent(to: address, for: purpose, since: start), sort: ["sent_at": -1],
            projection: ["sent_at": 1]
        ).map { try $0.timestamp("sent_at") }
    }

    package func codeFailures(
        of address: EmailAddress, for purpose: CodePurpose, since start: Timestamp
    ) throws -> (count: Int, firstSentAt: Timestamp?) {
        var filter = CodeChallenge.sent(to: address, for: purpose, since: start)
        filter["failures"] = ["$gt": 0]
        // No more than an address may be sent in a day.
        let rows = try session.find(
            "code_challenges", filter, sort: ["sent_at": 1], projection: ["sent_at": 1, "failures": 1]
        )
        return (try rows.reduce(0) { $0 + (try $1.int("failures")) }, try rows.first?.timestamp("sent_at"))
    }
}

/// Whether a code may be sent, and whether an answer is taken, is decided by counting the codes of an address and the wrong
/// answers to them, which are documents that two units at once need not have in common. So all that adds to these counts,
/// or was let through by them, counts up a lock that the address and the purpose have: units that lean on the same counts
/// meet there. Refusals write nothing; they were right when they were made.
///
/// A grant is good once: whoever uses it removes it, and two that do meet at its document.
extension MongoTransaction {
    package func insert(_ challenge: CodeChallenge) throws {
        try hold(challenge.address.raw, challenge.purpose.rawValue)
        try session.insert("code_challenges", challenge.document)
    }

    package func recordFailure(of challenge: Digest256) throws {
        try change(challenge, ["$inc": ["failures": 1]])
    }

    package func spend(challenge: Digest256) throws {
        try change(challenge, ["$set": ["is_spent": .flag(true)]])
    }

    package func forgetChallenges(sentBefore limit: Timestamp) throws {
        try forgetSome(of: "code_challenges", "sent_at", before: limit)
    }

    package func insert(_ grant: RegistrationGrant) throws {
        try session.insert(
            "registration_grants",
            [
                "_id": BSONValue(grant.token), "address": .string(grant.address.raw),
                "expires_at": BSONValue(grant.expiresAt),
            ]
        )
    }

    package func remove(registrationGrant token: Digest256) throws {
        try session.delete("registration_grants", ["_id": BSONValue(token)])
    }

    package func forgetRegistrationGrants(expiredBefore limit: Timestamp) throws {
        try forgetSome(of: "registration_grants", "expires_at", before: limit)
    }

    private func change(_ challenge: Digest256, _ update: BSONDocument) throws {
        let changed = try session.findAndUpdate("code_challenges", ["_id": BSONValue(challenge)], update)
        guard let changed else { return }
        try hold(changed.text("address"), changed.text("purpose"))
    }

    /// The locks are a fixed number, chosen by a hash, so that none of them tells an address or needs to be cleared away.
    /// That unlike addresses share one costs a repeated attempt now and then.
    private func hold(_ address: String, _ purpose: String) throws {
        // FNV-1a: the same on every instance, which Swift's own hash is not.
        let hash = "\(address)|\(purpose)".utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        try session.update(
            "code_locks", ["_id": .int(Int64(hash % Self.codeLocks))], ["$inc": ["uses": 1]], upsert: true
        )
    }

    private static let codeLocks: UInt64 = 1024

    /// Removes at most 16 documents of those whose key is a digest.
    ///
    /// Were they simply the oldest, all units of the moment would want the same ones, and run one after another. So each
    /// takes those of one stripe: digests are as good as random, and so is the millisecond.
    private func forgetSome(of collection: String, _ field: String, before limit: Timestamp) throws {
        let old = try session.find(
            collection, [field: ["$lt": BSONValue(limit)]], sort: [field: 1], projection: ["_id": 1], limit: 256
        )
        let stripe = limit.milliseconds & 15
        let chosen = try old.filter { Int64(try $0.digest("_id").bytes.first ?? 0) & 15 == stripe }
            .prefix(16).compactMap { $0["_id"] }
        guard !chosen.isEmpty else { return }
        try session.delete(collection, ["_id": ["$in": .array(chosen)]], many: true)
    }
}

// MARK: - Documents

extension CodeChallenge {
    fileprivate static func sent(
        to address: EmailAddress, for purpose: CodePurpose, since start: Timestamp
    ) -> BSONDocument {
        [
            "address": .string(address.raw), "purpose": .string(purpose.rawValue), "sent_at": ["$gte": BSONValue(start)],
        ]
    }

    fileprivate init(document row: BSONDocument) throws {
        self.init(
            token: try row.digest("_id"), purpose: try row.word("purpose"),
            address: EmailAddress(trusted: try row.text("address")), account: try row.optionalIdentifier("account"),
            code: try row.digest("code"), failures: try row.int("failures"), sentAt: try row.timestamp("sent_at"),
            expiresAt: try row.timestamp("expires_at"), isSpent: try row.flag("is_spent")
        )
    }

    fileprivate var document: BSONDocument {
        let row: BSONDocument = [
            "_id": BSONValue(token), "purpose": .string(purpose.rawValue), "address": .string(address.raw),
            "account": BSONValue(account), "code": BSONValue(code), "failures": BSONValue(failures),
            "sent_at": BSONValue(sentAt), "expires_at": BSONValue(expiresAt), "is_spent": .flag(isSpent),
        ]
        return row.withoutNulls
    }
}

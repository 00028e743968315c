package import Auth
package import CommandBus
package import Cryptography
import Foundation

extension AccountReads where Self: MongoReads {
    package func challenge(token: Digest256) throws -> CodeChallenge? {
        try session.findOne("code_challenges", ["_id": BSONValue(token)]).map(CodeChallenge.init(document:))
    }

    package func codesSent(
        to address: EmailAddress, in budget: CodeBudget, since start: Timestamp
    ) throws -> [Timestamp] {
        var filter = CodeChallenge.sent(to: address, in: budget, since: start)
        // What an authenticator app shows was not sent.
        filter["factor"] = .string(Factor.mail.rawValue)
        return try session.find("code_challenges", filter, sort: ["sent_at": -1], projection: ["sent_at": 1])
            .map { try $0.timestamp("sent_at") }
    }

    package func codeFailures(
        of address: EmailAddress, in budget: CodeBudget, since start: Timestamp
    ) throws -> (count: Int, firstSentAt: Timestamp?) {
        var filter = CodeChallenge.sent(to: address, in: budget, since: start)
        filter["failures"] = ["$gt": 0]
        // No more than an address may be sent in a day.
        let rows = try session.find(
            "code_challenges", filter, sort: ["sent_at": 1], projection: ["sent_at": 1, "failures": 1]
        )
        return (try rows.reduce(0) { $0 + (try $1.int("failures")) }, try rows.first?.timestamp("sent_at"))
    }

    package func grant(token: Digest256) throws -> Grant? {
        try session.findOne("grants", ["_id": BSONValue(token)]).map(Grant.init(document:))
    }
}

/// Whether a code may be sent, and whether an answer is taken, is decided by counting the codes of an address and the wrong
/// answers to them, which are documents that two units at once need not have in common. So all that adds to these counts,
/// or was let through by them, counts up a lock that the address and the budget have: units that lean on the same counts
/// meet there. Refusals write nothing; they were right when they were made.
///
/// A grant is good once: whoever uses it removes it, and two that do meet at its document.
///
/// What a new password voids is what there was when it was set. So a challenge of an account is added only by units that hold
/// the account, which the new password is written to: one of the two sees what the other has done.
extension MongoTransaction {
    package func insert(_ challenge: CodeChallenge) throws {
        // Where there is no account as much is done: how long it takes must not tell.
        try hold(challenge.account ?? AccountID(trusted: "nobody"))
        try hold(challenge.address.raw, challenge.purpose.budget.rawValue)
        try session.insert("code_challenges", challenge.document)
    }

    package func recordFailure(of challenge: Digest256) throws {
        try change(challenge, ["$inc": ["failures": 1]])
    }

    package func spend(challenge: Digest256) throws {
        try change(challenge, ["$set": ["is_spent": .flag(true)]])
    }

    /// Whoever answers one of the challenges at the same moment meets this at its document, and whoever begins another at the
    /// account.
    package func voidProofs(of account: AccountID) throws {
        try session.update(
            "code_challenges", ["account": BSONValue(account)], ["$set": ["is_spent": .flag(true)]], many: true
        )
        try session.delete("grants", ["account": BSONValue(account)], many: true)
    }

    package func forgetChallenges(sentBefore limit: Timestamp) throws {
        try forgetSome(of: "code_challenges", "sent_at", before: limit)
    }

    package func insert(_ grant: Grant) throws {
        try session.insert("grants", grant.document)
    }

    package func remove(grant token: Digest256) throws {
        try session.delete("grants", ["_id": BSONValue(token)])
    }

    package func forgetGrants(expiredBefore limit: Timestamp) throws {
        try forgetSome(of: "grants", "expires_at", before: limit)
    }

    private func change(_ challenge: Digest256, _ update: BSONDocument) throws {
        let changed = try session.findAndUpdate("code_challenges", ["_id": BSONValue(challenge)], update)
        guard let changed else { return }
        try hold(changed.text("address"), changed.text("budget"))
    }

    /// The locks are a fixed number, chosen by a hash, so that none of them tells an address or needs to be cleared away.
    /// That unlike addresses share one costs a repeated attempt now and then.
    private func hold(_ address: String, _ budget: String) throws {
        let lock = Int64(Self.hash("\(address)|\(budget)".utf8) % Self.codeLocks)
        try session.update("code_locks", ["_id": .int(lock)], ["$inc": ["uses": 1]], upsert: true)
    }

    private static let codeLocks: UInt64 = 1024

    /// FNV-1a: the same on every instance, which Swift's own hash is not.
    private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// Removes at most 16 documents of those whose time is over.
    ///
    /// Were they simply the oldest, all units of the moment would want the same ones, and run one after another. So each
    /// takes those of one stripe: keys by their hash are as good as random, and so is the millisecond.
    func forgetSome(of collection: String, _ field: String, before limit: Timestamp) throws {
        let old = try session.find(
            collection, [field: ["$lt": BSONValue(limit)]], sort: [field: 1], projection: ["_id": 1], limit: 256
        )
        let stripe = UInt64(limit.milliseconds & 15)
        let chosen = try old.filter { try Self.stripe(of: $0) == stripe }.prefix(16).compactMap { $0["_id"] }
        guard !chosen.isEmpty else { return }
        try session.delete(collection, ["_id": ["$in": .array(chosen)]], many: true)
    }

    private static func stripe(of row: BSONDocument) throws -> UInt64 {
        if case .string(let key) = row["_id"] { return hash(key.utf8) & 15 }
        return UInt64(try row.digest("_id").bytes.first ?? 0) & 15
    }
}

// MARK: - Documents

extension CodeChallenge {
    fileprivate static func sent(
        to address: EmailAddress, in budget: CodeBudget, since start: Timestamp
    ) -> BSONDocument {
        [
            "address": .string(address.raw), "budget": .string(budget.rawValue), "sent_at": ["$gte": BSONValue(start)],
        ]
    }

    fileprivate init(document row: BSONDocument) throws {
        self.init(
            token: try row.digest("_id"), purpose: try row.word("purpose"), factor: try row.word("factor"),
            address: EmailAddress(trusted: try row.text("address")), account: try row.optionalIdentifier("account"),
            session: try row.optionalIdentifier("session"), code: try row.digest("code"),
            failures: try row.int("failures"), sentAt: try row.timestamp("sent_at"),
            expiresAt: try row.timestamp("expires_at"), isSpent: try row.flag("is_spent")
        )
    }

    fileprivate var document: BSONDocument {
        let row: BSONDocument = [
            "_id": BSONValue(token), "purpose": .string(purpose.rawValue), "budget": .string(purpose.budget.rawValue),
            "factor": .string(factor.rawValue), "address": .string(address.raw), "account": BSONValue(account),
            "session": BSONValue(session), "code": BSONValue(code), "failures": BSONValue(failures),
            "sent_at": BSONValue(sentAt), "expires_at": BSONValue(expiresAt), "is_spent": .flag(isSpent),
        ]
        return row.withoutNulls
    }
}

extension Grant {
    fileprivate init(document row: BSONDocument) throws {
        self.init(
            token: try row.digest("_id"), purpose: try row.word("purpose"),
            address: EmailAddress(trusted: try row.text("address")), account: try row.optionalIdentifier("account"),
            expiresAt: try row.timestamp("expires_at")
        )
    }

    fileprivate var document: BSONDocument {
        let row: BSONDocument = [
            "_id": BSONValue(token), "purpose": .string(purpose.rawValue), "address": .string(address.raw),
            "account": BSONValue(account), "expires_at": BSONValue(expiresAt),
        ]
        return row.withoutNulls
    }
}

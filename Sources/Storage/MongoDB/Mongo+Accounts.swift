package import Auth
package import CommandBus
package import Cryptography
import Foundation

extension MongoSnapshot: AccountReads {}
extension MongoTransaction: AccountRecords {}

extension AccountReads where Self: MongoReads {
    package func account(_ id: AccountID) throws -> Account? {
        try session.findOne("accounts", ["_id": BSONValue(id)]).map(Account.init(document:))
    }

    package func account(email: EmailAddress) throws -> Account? {
        try session.findOne("accounts", ["email": .string(email.raw)]).map(Account.init(document:))
    }

    package func hasAccounts() throws -> Bool {
        try session.findOne("accounts", [:], projection: ["_id": 1]) != nil
    }

    package func addresses(of roles: Set<Role>) throws -> [EmailAddress] {
        try session.find(
            "accounts", ["state": "active", "role": ["$in": BSONValue(roles.map(\.rawValue))]], sort: ["email": 1],
            projection: ["email": 1]
        ).map { EmailAddress(trusted: try $0.text("email")) }
    }

    package func session(token: Digest256) throws -> StoredSession? {
        try session.findOne("sessions", ["_id": BSONValue(token)]).map(StoredSession.init(document:))
    }

    package func openSession(of account: AccountID) throws -> StoredSession? {
        try session.findOne("sessions", StoredSession.open(of: account)).map(StoredSession.init(document:))
    }

    package func openSessionTallies() throws -> [OpenSessionTally] {
        // By the ending and not by the mark that is made of it: a check trusts nothing that follows from something else.
        let groups = try session.aggregate(
            "sessions",
            [
                ["$match": ["ending": ["$exists": false]]],
                ["$group": ["_id": "$account", "sessions": ["$sum": 1], "epoch": ["$max": "$epoch"]]],
                ["$sort": ["_id": 1]],
            ]
        )
        var tallies: [OpenSessionTally] = []
        for start in stride(from: 0, to: groups.count, by: 1000) {
            let page = groups[start..<min(start + 1000, groups.count)]
            let accounts = try session.find(
                "accounts", ["_id": ["$in": BSONValue(page.map { try $0.text("_id") })]],
                projection: ["session_epoch": 1]
            )
            let epochs = Dictionary(
                try accounts.map { (try $0.text("_id"), try $0.int("session_epoch")) }, uniquingKeysWith: { $1 }
            )
            for group in page {
                guard let epoch = epochs[try group.text("_id")] else { continue }
                tallies.append(
                    OpenSessionTally(
                        account: try group.identifier("_id"), sessions: try group.int("sessions"),
                        newestEpoch: try group.int("epoch"), accountEpoch: epoch
                    )
                )
            }
        }
        return tallies
    }

    package func knows(device: Digest256, of account: AccountID) throws -> Bool {
        try session.findOne("devices", ["_id": MongoTransaction.device(device, of: account)], projection: ["_id": 1]) != nil
    }
}

/// What keeps these rules where units run beside each other:
/// - Two accounts of one address: the unique index. The second unit is run again, and sees the first account.
/// - Opening and closing a session both count up the account's epoch, and so meet at the account, whatever else they read
///   of it: its password, its state, its devices. What suspends an account or changes its password writes it, too.
/// - Refreshing leaves the account alone, and ends the open session that it has read. So does all that opens, closes or
///   revokes, and they meet there. An open session that is not seen yet was opened meanwhile, which is the case above, or
///   follows by another refresh on one that is seen.
/// - No account has two open sessions: the unique index of the open ones, should all of that be wrong.
/// - Remembering a device counts the account's devices. It is done only by units that open a session, and so one at a time.
extension MongoTransaction {
    package func insert(_ account: Account) throws {
        try session.insert("accounts", account.document)
    }

    package func advanceSessionEpoch(of account: AccountID) throws -> Int {
        let advanced = try session.findAndUpdate(
            "accounts", ["_id": BSONValue(account)], ["$inc": ["session_epoch": 1]]
        )
        guard let advanced else { throw Problem.notFound("account") }
        return try advanced.int("session_epoch")
    }

    package func insert(_ session: StoredSession) throws {
        try self.session.insert("sessions", session.document)
    }

    package func endOpenSession(of account: AccountID, as ending: StoredSession.Ending, at now: Timestamp) throws {
        let change: BSONDocument = [
            "ending": .string(ending.rawValue), "ended_at": BSONValue(now), "open": .null,
        ]
        try session.update("sessions", StoredSession.open(of: account), change.asUpdate, many: true)
    }

    package func forgetSessions(of account: AccountID, expiredBefore limit: Timestamp) throws {
        try session.delete(
            "sessions", ["account": BSONValue(account), "expires_at": ["$lt": BSONValue(limit)]], many: true
        )
    }

    package func remember(device: Digest256, of account: AccountID, at now: Timestamp, keeping limit: Int) throws {
        let id = Self.device(device, of: account)
        try session.update(
            "devices", ["_id": id],
            [
                "$set": ["last_used_at": BSONValue(now)],
                "$setOnInsert": [
                    "account": BSONValue(account), "device": BSONValue(device), "first_used_at": BSONValue(now),
                ],
            ], upsert: true
        )
        let devices = try session.find(
            "devices", ["account": BSONValue(account)], sort: ["last_used_at": -1], projection: ["last_used_at": 1]
        )
        guard devices.count > limit else { return }
        // Of those that were used at the same instant the one that is used now stays.
        let order = try devices.map { (id: $0["_id"] ?? .null, lastUsed: try $0.int64("last_used_at")) }
            .sorted { $0.lastUsed != $1.lastUsed ? $0.lastUsed > $1.lastUsed : $0.id == id && $1.id != id }
        try session.delete("devices", ["_id": ["$in": .array(order.dropFirst(limit).map(\.id))]], many: true)
    }

    fileprivate static func device(_ device: Digest256, of account: AccountID) -> BSONValue {
        let digits = device.bytes.map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }
        return .string("\(account.raw)|\(digits.joined())")
    }
}

// MARK: - Documents

extension Account {
    fileprivate init(document row: BSONDocument) throws {
        self.init(
            id: try row.identifier("_id"), email: EmailAddress(trusted: try row.text("email")), name: try row.text("name"),
            rollNumber: try row.optionalText("roll_number"), role: try row.word("role"), state: try row.word("state"),
            passwordHash: try row.text("password_hash"), sessionEpoch: try row.int("session_epoch"),
            createdAt: try row.timestamp("created_at")
        )
    }

    fileprivate var document: BSONDocument {
        let row: BSONDocument = [
            "_id": BSONValue(id), "email": .string(email.raw), "name": .string(name), "roll_number": BSONValue(rollNumber),
            "role": .string(role.rawValue), "state": .string(state.rawValue), "password_hash": .string(passwordHash),
            "session_epoch": BSONValue(sessionEpoch), "created_at": BSONValue(createdAt),
        ]
        return row.withoutNulls
    }
}

extension StoredSession {
    fileprivate static func open(of account: AccountID) -> BSONDocument {
        ["account": BSONValue(account), "open": true]
    }

    fileprivate init(document row: BSONDocument) throws {
        self.init(
            token: try row.digest("_id"), id: try row.identifier("id"), account: try row.identifier("account"),
            role: try row.word("role"), epoch: try row.int("epoch"), issuedAt: try row.timestamp("issued_at"),
            expiresAt: try row.timestamp("expires_at"),
            ending: try row.optionalText("ending") == nil ? nil : try row.word("ending")
        )
    }

    /// As SQLite inserts it: open, as there is no instant at which it would have ended.
    fileprivate var document: BSONDocument {
        [
            "_id": BSONValue(token), "id": BSONValue(id), "account": BSONValue(account), "role": .string(role.rawValue),
            "epoch": BSONValue(epoch), "issued_at": BSONValue(issuedAt), "expires_at": BSONValue(expiresAt),
            // What the unique index goes by: its condition can't be "without an ending".
            "open": true,
        ]
    }
}

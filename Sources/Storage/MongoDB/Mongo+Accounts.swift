package import Auth
package import CommandBus
package import Cryptography

extension MongoSnapshot: AccountReads {}
extension MongoTransaction: AccountRecords {}

extension AccountReads where Self: MongoReads {
    package func account(_ id: AccountID) throws -> Account? {
        try session.findOne("accounts", ["_id": BSONValue(id)]).map(Account.init(document:))
    }

    package func hasAccounts() throws -> Bool {
        try session.findOne("accounts", [:], projection: ["_id": 1]) != nil
    }

    package func account(email: EmailAddress) throws -> Account? {
        try session.findOne("accounts", ["email": .string(email.raw)]).map(Account.init(document:))
    }

    package func accounts(_ query: AccountQuery) throws -> [Account] {
        var filter: BSONDocument = ["role": ["$in": BSONValue(query.roles.map(\.rawValue))]]
        if let state = query.state { filter["state"] = .string(state.rawValue) }
        if let email = query.email { filter["email"] = .string(email.raw) }
        if let number = query.rollNumber { filter["roll_number"] = .string(number) }
        if let after = query.after { filter["_id"] = ["$gt": BSONValue(after)] }
        return try session.find("accounts", filter, sort: ["_id": 1], limit: query.limit).map(Account.init(document:))
    }
}

/// What keeps these rules where units run beside each other:
/// - Two accounts of one address: the unique index. The second unit is run again, and sees the first account.
/// - There is always a god admin: units that count them, as all do that take one away, count up a lock and meet there.
///   Whoever makes one takes nothing away, and need not wait.
/// - What changes an account writes its document whole, and so meets with whatever else has changed it, or has opened or
///   ended a session of it.
/// - What goes by an account that it only reads, such as the right of whoever asks, holds it: that counts up a field which
///   says nothing, and so meets with what changes the account, or shuts it.
/// - What erases an account's traces changes the account and ends its session, too. So it meets with what opens a session,
///   remembers a device or asks for a code, and at the step-ups that it removes with what one of them has let through, such
///   as the enrolment of an authenticator app. A code to the address alone that is sent meanwhile may stay; those are
///   forgotten by the time.
extension MongoTransaction {
    package func insert(_ account: Account) throws {
        try session.insert("accounts", account.document)
    }

    package func update(_ account: Account) throws {
        var change = account.fields
        change["_id"] = nil
        let count = try session.update("accounts", ["_id": BSONValue(account.id)], change.asUpdate)
        guard count == 1 else { throw Problem.notFound("account") }
    }

    package func countActiveGodAdmins() throws -> Int {
        try session.update("locks", ["_id": "god_admins"], ["$inc": ["uses": 1]], upsert: true)
        return try session.count(
            "accounts",
            ["role": .string(Role.godAdmin.rawValue), "state": .string(AccountState.active.rawValue)]
        )
    }

    package func hold(_ account: AccountID) throws {
        try session.update("accounts", ["_id": BSONValue(account)], ["$inc": ["holds": 1]])
    }

    package func noteWelcome(of address: Digest256, at now: Timestamp) throws -> Bool {
        // Of two units at once the second is run again, for the key that both want, and finds what the first one wrote.
        guard try session.findOne("welcomes", ["_id": BSONValue(address)]) == nil else { return false }
        try session.insert("welcomes", ["_id": BSONValue(address), "at": BSONValue(now)])
        return true
    }

    package func eraseTraces(of account: AccountID, address: EmailAddress) throws {
        let (owner, recipient) = (BSONValue(account), BSONValue.string(address.raw))
        // While its codes still tell which other addresses it has had, or was to have.
        let codes = try session.find("code_challenges", ["account": owner], projection: ["address": 1])
        let addresses = Set(try codes.map { try $0.text("address") } + [address.raw]).sorted()
        try session.delete(
            "mail_outbox", ["recipient": ["$in": BSONValue(addresses)], "due_at": ["$exists": false]], many: true
        )
        try forgetSessionsButNewest(of: owner)
        try session.delete("authenticators", ["_id": owner])
        for collection in ["devices", "step_ups", "code_challenges", "grants"] {
            try session.delete(collection, ["account": owner], many: true)
        }
        for collection in ["code_challenges", "grants"] {
            try session.delete(collection, ["address": recipient], many: true)
        }
    }

    private func forgetSessionsButNewest(of owner: BSONValue) throws {
        // The sign-in of the highest epoch is the newest; its other documents were ended by a refresh.
        let newest = try session.findOne(
            "sessions", ["account": owner, "ending": ["$ne": "refreshed"]], sort: ["epoch": -1], projection: ["_id": 1]
        )?["_id"]
        try session.delete("sessions", ["account": owner, "_id": ["$ne": newest ?? .null]], many: true)
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

    /// What may change but for the session epoch; a roll number that there is none of is null.
    fileprivate var fields: BSONDocument {
        [
            "_id": BSONValue(id), "email": .string(email.raw), "name": .string(name), "roll_number": BSONValue(rollNumber),
            "role": .string(role.rawValue), "state": .string(state.rawValue), "password_hash": .string(passwordHash),
        ]
    }

    fileprivate var document: BSONDocument {
        var row = fields
        row["session_epoch"] = BSONValue(sessionEpoch)
        row["created_at"] = BSONValue(createdAt)
        return row.withoutNulls
    }
}

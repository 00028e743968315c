package import Auth
package import CommandBus
package import Cryptography

extension AccountReads where Self: MongoReads {
    package func session(token: Digest256) throws -> StoredSession? {
        try session.findOne("sessions", ["_id": BSONValue(token)]).map(StoredSession.init(document:))
    }

    package func session(id: SessionID) throws -> StoredSession? {
        // By the ending and not by the time, as clocks are set back: a refresh has ended all documents of a session but the
        // newest.
        try session.findOne("sessions", ["id": BSONValue(id), "ending": ["$ne": "refreshed"]])
            .map(StoredSession.init(document:))
    }

    package func openSession(of account: AccountID) throws -> StoredSession? {
        try session.findOne("sessions", StoredSession.open(of: account)).map(StoredSession.init(document:))
    }

    package func openSessions(of accounts: [AccountID]) throws -> [AccountID: StoredSession] {
        var open: [AccountID: StoredSession] = [:]
        for start in stride(from: 0, to: accounts.count, by: 500) {
            let page = accounts[start..<min(start + 500, accounts.count)]
            let filter: BSONDocument = ["account": ["$in": BSONValue(page.map(\.raw))], "open": true]
            for row in try session.find("sessions", filter) {
                let found = try StoredSession(document: row)
                open[found.account] = found
            }
        }
        return open
    }

    package func sessions(of account: AccountID, limit: Int) throws -> [StoredSession] {
        // What is missing comes before all else, and so behind the open one where the order is turned round.
        try session.find(
            "sessions", ["account": BSONValue(account)], sort: ["issued_at": -1, "epoch": -1, "open": -1, "_id": 1],
            limit: limit
        ).map(StoredSession.init(document:))
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
}

/// What keeps these rules where units run beside each other:
/// - Opening and closing a session both count up the account's epoch, and so meet at the account, whatever else they read
///   of it: its password, its state, its devices. What suspends an account or changes its password writes it, too.
/// - Refreshing leaves the account alone, and ends the open session that it has read. So does all that opens, closes or
///   revokes, and they meet there. An open session that is not seen yet was opened meanwhile, which is the case above, or
///   follows by another refresh on one that is seen.
/// - Extending a session's idle time writes the session, and only while it is open: it meets with what ends it, and is then
///   run again and finds it ended.
/// - No account has two open sessions: the unique index of the open ones, should all of that be wrong.
extension MongoTransaction {
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

    package func extendIdleTime(of token: Digest256, until: Timestamp) throws -> Bool {
        try session.update(
            "sessions", ["_id": BSONValue(token), "open": true], ["$set": ["idle_until": BSONValue(until)]]
        ) == 1
    }

    package func forgetSessions(of account: AccountID, endedBefore limit: Timestamp) throws {
        // All endings by their names, so that the index leads to the old ones and to no others.
        let endings = StoredSession.Ending.allCases.map(\.rawValue)
        let old: BSONDocument = [
            "account": BSONValue(account), "ending": ["$in": BSONValue(endings)], "ended_at": ["$lt": BSONValue(limit)],
        ]
        try forget(try session.find("sessions", old, projection: ["_id": 1], limit: 32))
    }

    package func forgetRefreshedSessions(of account: AccountID, butNewest count: Int) throws {
        try forget(
            try session.find(
                "sessions", ["account": BSONValue(account), "ending": "refreshed"], sort: ["ended_at": -1],
                projection: ["_id": 1], skip: max(count, 0), limit: 32
            )
        )
    }

    private func forget(_ sessions: [BSONDocument]) throws {
        guard !sessions.isEmpty else { return }
        try session.delete("sessions", ["_id": ["$in": .array(sessions.compactMap { $0["_id"] })]], many: true)
    }
}

// MARK: - Documents

extension StoredSession {
    fileprivate static func open(of account: AccountID) -> BSONDocument {
        ["account": BSONValue(account), "open": true]
    }

    fileprivate init(document row: BSONDocument) throws {
        self.init(
            token: try row.digest("_id"), id: try row.identifier("id"), account: try row.identifier("account"),
            role: try row.word("role"), epoch: try row.int("epoch"), issuedAt: try row.timestamp("issued_at"),
            expiresAt: try row.timestamp("expires_at"), idleUntil: try row.optionalTimestamp("idle_until"),
            ending: try row.optionalText("ending") == nil ? nil : try row.word("ending")
        )
    }

    /// As SQLite inserts it: open, as there is no instant at which it would have ended.
    fileprivate var document: BSONDocument {
        let row: BSONDocument = [
            "_id": BSONValue(token), "id": BSONValue(id), "account": BSONValue(account), "role": .string(role.rawValue),
            "epoch": BSONValue(epoch), "issued_at": BSONValue(issuedAt), "expires_at": BSONValue(expiresAt),
            "idle_until": BSONValue(idleUntil),
            // What the unique index goes by: its condition can't be "without an ending".
            "open": true,
        ]
        return row.withoutNulls
    }
}

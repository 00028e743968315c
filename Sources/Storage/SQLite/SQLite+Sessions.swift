package import Auth
package import CommandBus
package import Cryptography
import GRDB

extension AccountReads where Self: SQLiteReads {
    package func session(token: Digest256) throws -> StoredSession? {
        try db.row("SELECT \(StoredSession.columns) FROM sessions WHERE token = ?", [token.data])
            .map(StoredSession.init(row:))
    }

    package func session(id: SessionID) throws -> StoredSession? {
        // By the ending and not by the time, as clocks are set back: a refresh has ended all rows of a session but the newest.
        try db.row(
            "SELECT \(StoredSession.columns) FROM sessions WHERE id = ? AND ending IS NOT 'refreshed'", [id.raw]
        ).map(StoredSession.init(row:))
    }

    package func openSession(of account: AccountID) throws -> StoredSession? {
        try db.row("SELECT \(StoredSession.columns) FROM sessions WHERE account = ? AND ending IS NULL", [account.raw])
            .map(StoredSession.init(row:))
    }

    package func openSessions(of accounts: [AccountID]) throws -> [AccountID: StoredSession] {
        var open: [AccountID: StoredSession] = [:]
        for start in stride(from: 0, to: accounts.count, by: 500) {
            let page = accounts[start..<min(start + 500, accounts.count)]
            let marks = page.map { _ in "?" }.joined(separator: ", ")
            let rows = try Row.fetchAll(
                db, sql: "SELECT \(StoredSession.columns) FROM sessions WHERE ending IS NULL AND account IN (\(marks))",
                arguments: StatementArguments(page.map(\.raw))
            )
            for row in rows {
                let found = try StoredSession(row: row)
                open[found.account] = found
            }
        }
        return open
    }

    package func sessions(of account: AccountID, limit: Int) throws -> [StoredSession] {
        try db.rows(
            """
            SELECT \(StoredSession.columns) FROM sessions WHERE account = ?
            ORDER BY issued_at DESC, epoch DESC, ending IS NULL DESC, token LIMIT ?
            """, [account.raw, max(limit, 0)]
        ).map(StoredSession.init(row:))
    }

    package func openSessionTallies() throws -> [OpenSessionTally] {
        let tallies = """
            SELECT s.account, count(*), max(s.epoch), a.session_epoch
            FROM sessions s JOIN accounts a ON a.id = s.account WHERE s.ending IS NULL GROUP BY s.account
            """
        return try Row.fetchAll(db, sql: tallies).map { row in
            OpenSessionTally(
                account: AccountID(trusted: row[0]), sessions: row[1], newestEpoch: row[2], accountEpoch: row[3]
            )
        }
    }
}

extension SQLiteTransaction {
    package func advanceSessionEpoch(of account: AccountID) throws -> Int {
        let statement = try db.cachedStatement(
            sql: "UPDATE accounts SET session_epoch = session_epoch + 1 WHERE id = ? RETURNING session_epoch"
        )
        guard let epoch = try Int.fetchOne(statement, arguments: [account.raw]) else { throw Problem.notFound("account") }
        return epoch
    }

    package func insert(_ session: StoredSession) throws {
        try db.run(
            """
            INSERT INTO sessions (token, id, account, role, epoch, issued_at, expires_at, idle_until)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                session.token.data, session.id.raw, session.account.raw, session.role.rawValue, session.epoch,
                session.issuedAt.milliseconds, session.expiresAt.milliseconds, session.idleUntil?.milliseconds,
            ]
        )
    }

    package func endOpenSession(of account: AccountID, as ending: StoredSession.Ending, at now: Timestamp) throws {
        try db.run(
            "UPDATE sessions SET ending = ?, ended_at = ? WHERE account = ? AND ending IS NULL",
            [ending.rawValue, now.milliseconds, account.raw]
        )
    }

    package func extendIdleTime(of token: Digest256, until: Timestamp) throws -> Bool {
        try db.run(
            "UPDATE sessions SET idle_until = ? WHERE token = ? AND ending IS NULL", [until.milliseconds, token.data]
        )
        return db.changesCount == 1
    }

    package func forgetSessions(of account: AccountID, endedBefore limit: Timestamp) throws {
        // All endings by their names, so that the index leads to the old ones and to no others.
        try db.run(
            """
            DELETE FROM sessions WHERE token IN (
                SELECT token FROM sessions WHERE account = ? AND ending IN (\(StoredSession.endings)) AND ended_at < ?
                LIMIT 32
            )
            """, [account.raw, limit.milliseconds]
        )
    }

    package func forgetRefreshedSessions(of account: AccountID, butNewest count: Int) throws {
        try db.run(
            """
            DELETE FROM sessions WHERE token IN (
                SELECT token FROM sessions WHERE account = ? AND ending = 'refreshed'
                ORDER BY ended_at DESC LIMIT 32 OFFSET ?
            )
            """, [account.raw, max(count, 0)]
        )
    }
}

extension StoredSession {
    fileprivate static let columns = "token, id, account, role, epoch, issued_at, expires_at, idle_until, ending"
    /// Every ending, as a list in a statement.
    fileprivate static let endings = Ending.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")

    fileprivate init(row: Row) throws {
        let ending: String? = row["ending"]
        self.init(
            token: try row.digest("token", in: "sessions"), id: SessionID(trusted: row["id"]),
            account: AccountID(trusted: row["account"]), role: try StoredValue.word(row["role"], in: "sessions"),
            epoch: row["epoch"], issuedAt: row.timestamp("issued_at"), expiresAt: row.timestamp("expires_at"),
            idleUntil: row.optionalTimestamp("idle_until"),
            ending: try ending.map { try StoredValue.word($0, in: "sessions") }
        )
    }
}

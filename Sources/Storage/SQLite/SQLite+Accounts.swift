package import Auth
package import CommandBus
package import Cryptography
import Foundation
import GRDB

extension SQLiteSnapshot: AccountReads {}
extension SQLiteTransaction: AccountRecords {}

extension AccountReads where Self: SQLiteReads {
    package func account(_ id: AccountID) throws -> Account? {
        try Account.row(in: db, "SELECT \(Account.columns) FROM accounts WHERE id = ?", [id.raw])
    }

    package func account(email: EmailAddress) throws -> Account? {
        try Account.row(in: db, "SELECT \(Account.columns) FROM accounts WHERE email = ?", [email.raw])
    }

    package func addresses(of roles: Set<Role>) throws -> [EmailAddress] {
        let marks = roles.map { _ in "?" }.joined(separator: ", ")
        return try String.fetchAll(
            db, sql: "SELECT email FROM accounts WHERE state = 'active' AND role IN (\(marks)) ORDER BY email",
            arguments: StatementArguments(roles.map(\.rawValue))
        ).map(EmailAddress.init(trusted:))
    }

    package func session(token: Digest256) throws -> StoredSession? {
        try StoredSession.row(
            in: db, "SELECT \(StoredSession.columns) FROM sessions WHERE token = ?", [token.data]
        )
    }

    package func openSession(of account: AccountID) throws -> StoredSession? {
        try StoredSession.row(
            in: db, "SELECT \(StoredSession.columns) FROM sessions WHERE account = ? AND ending IS NULL", [account.raw]
        )
    }

    package func hasAccounts() throws -> Bool {
        try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM accounts)") ?? false
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

    package func knows(device: Digest256, of account: AccountID) throws -> Bool {
        try db.row("SELECT 1 FROM devices WHERE account = ? AND device = ?", [account.raw, device.data]) != nil
    }

    package func challenge(token: Digest256) throws -> CodeChallenge? {
        try db.row(
            """
            SELECT token, purpose, address, account, code, failures, sent_at, expires_at, is_spent
            FROM code_challenges WHERE token = ?
            """, [token.data]
        ).map { row in
            CodeChallenge(
                token: try row.digest("token", in: "code_challenges"),
                purpose: try StoredValue.word(row["purpose"], in: "code_challenges"),
                address: EmailAddress(trusted: row["address"]), account: row.identifier("account"),
                code: try row.digest("code", in: "code_challenges"), failures: row["failures"],
                sentAt: row.timestamp("sent_at"),
                expiresAt: row.timestamp("expires_at"), isSpent: row["is_spent"]
            )
        }
    }

    package func registrationGrant(token: Digest256) throws -> RegistrationGrant? {
        try db.row("SELECT token, address, expires_at FROM registration_grants WHERE token = ?", [token.data]).map { row in
            RegistrationGrant(
                token: try row.digest("token", in: "registration_grants"), address: EmailAddress(trusted: row["address"]),
                expiresAt: row.timestamp("expires_at")
            )
        }
    }

    package func codesSent(
        to address: EmailAddress, for purpose: CodePurpose, since start: Timestamp
    ) throws -> [Timestamp] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT sent_at FROM code_challenges WHERE address = ? AND purpose = ? AND sent_at >= ?
                ORDER BY sent_at DESC
                """
        )
        return try Int64.fetchAll(statement, arguments: [address.raw, purpose.rawValue, start.milliseconds])
            .map { Timestamp(milliseconds: $0) }
    }

    package func codeFailures(
        of address: EmailAddress, for purpose: CodePurpose, since start: Timestamp
    ) throws -> (count: Int, firstSentAt: Timestamp?) {
        let row = try db.row(
            """
            SELECT coalesce(sum(failures), 0) AS failures, min(sent_at) AS sent_at FROM code_challenges
            WHERE address = ? AND purpose = ? AND sent_at >= ? AND failures > 0
            """, [address.raw, purpose.rawValue, start.milliseconds]
        )
        guard let row else { return (0, nil) }
        let first: Int64? = row["sent_at"]
        return (row["failures"], first.map { Timestamp(milliseconds: $0) })
    }
}

extension SQLiteTransaction {
    package func insert(_ account: Account) throws {
        try db.run(
            """
            INSERT INTO accounts (id, email, name, roll_number, role, state, password_hash, session_epoch, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                account.id.raw, account.email.raw, account.name, account.rollNumber, account.role.rawValue,
                account.state.rawValue, account.passwordHash, account.sessionEpoch, account.createdAt.milliseconds,
            ]
        )
    }

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
            INSERT INTO sessions (token, id, account, role, epoch, issued_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                session.token.data, session.id.raw, session.account.raw, session.role.rawValue, session.epoch,
                session.issuedAt.milliseconds, session.expiresAt.milliseconds,
            ]
        )
    }

    package func endOpenSession(of account: AccountID, as ending: StoredSession.Ending, at now: Timestamp) throws {
        try db.run(
            "UPDATE sessions SET ending = ?, ended_at = ? WHERE account = ? AND ending IS NULL",
            [ending.rawValue, now.milliseconds, account.raw]
        )
    }

    package func forgetSessions(of account: AccountID, expiredBefore limit: Timestamp) throws {
        try db.run("DELETE FROM sessions WHERE account = ? AND expires_at < ?", [account.raw, limit.milliseconds])
    }

    package func remember(device: Digest256, of account: AccountID, at now: Timestamp, keeping limit: Int) throws {
        try db.run(
            """
            INSERT INTO devices (account, device, first_used_at, last_used_at) VALUES (?1, ?2, ?3, ?3)
            ON CONFLICT (account, device) DO UPDATE SET last_used_at = excluded.last_used_at
            """, [account.raw, device.data, now.milliseconds]
        )
        try db.run(
            """
            DELETE FROM devices WHERE account = ?1 AND device NOT IN (
                SELECT device FROM devices WHERE account = ?1 ORDER BY last_used_at DESC, device = ?2 DESC LIMIT ?3
            )
            """, [account.raw, device.data, limit]
        )
    }

    package func insert(_ challenge: CodeChallenge) throws {
        try db.run(
            """
            INSERT INTO code_challenges
                (token, purpose, address, account, code, failures, sent_at, expires_at, is_spent)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                challenge.token.data, challenge.purpose.rawValue, challenge.address.raw, challenge.account?.raw,
                challenge.code.data, challenge.failures, challenge.sentAt.milliseconds, challenge.expiresAt.milliseconds,
                challenge.isSpent,
            ]
        )
    }

    package func recordFailure(of challenge: Digest256) throws {
        try db.run("UPDATE code_challenges SET failures = failures + 1 WHERE token = ?", [challenge.data])
    }

    package func spend(challenge: Digest256) throws {
        try db.run("UPDATE code_challenges SET is_spent = 1 WHERE token = ?", [challenge.data])
    }

    package func forgetChallenges(sentBefore limit: Timestamp) throws {
        try db.run(
            """
            DELETE FROM code_challenges WHERE token IN (
                SELECT token FROM code_challenges WHERE sent_at < ? ORDER BY sent_at LIMIT 16
            )
            """, [limit.milliseconds]
        )
    }

    package func insert(_ grant: RegistrationGrant) throws {
        try db.run(
            "INSERT INTO registration_grants (token, address, expires_at) VALUES (?, ?, ?)",
            [grant.token.data, grant.address.raw, grant.expiresAt.milliseconds]
        )
    }

    package func remove(registrationGrant token: Digest256) throws {
        try db.run("DELETE FROM registration_grants WHERE token = ?", [token.data])
    }

    package func forgetRegistrationGrants(expiredBefore limit: Timestamp) throws {
        try db.run(
            """
            DELETE FROM registration_grants WHERE token IN (
                SELECT token FROM registration_grants WHERE expires_at < ? ORDER BY expires_at LIMIT 16
            )
            """, [limit.milliseconds]
        )
    }
}

extension Account {
    fileprivate static let columns = """
        id, email, name, roll_number, role, state, password_hash, session_epoch, created_at
        """

    fileprivate static func row(in db: Database, _ sql: String, _ arguments: StatementArguments) throws -> Account? {
        try db.row(sql, arguments).map { row in
            Account(
                id: AccountID(trusted: row["id"]), email: EmailAddress(trusted: row["email"]), name: row["name"],
                rollNumber: row["roll_number"],
                role: try StoredValue.word(row["role"], in: "accounts"),
                state: try StoredValue.word(row["state"], in: "accounts"),
                passwordHash: row["password_hash"], sessionEpoch: row["session_epoch"],
                createdAt: row.timestamp("created_at")
            )
        }
    }
}

extension StoredSession {
    fileprivate static let columns = "token, id, account, role, epoch, issued_at, expires_at, ending"

    fileprivate static func row(
        in db: Database, _ sql: String, _ arguments: StatementArguments
    ) throws -> StoredSession? {
        try db.row(sql, arguments).map { row in
            let ending: String? = row["ending"]
            return StoredSession(
                token: try row.digest("token", in: "sessions"), id: SessionID(trusted: row["id"]),
                account: AccountID(trusted: row["account"]), role: try StoredValue.word(row["role"], in: "sessions"),
                epoch: row["epoch"], issuedAt: row.timestamp("issued_at"), expiresAt: row.timestamp("expires_at"),
                ending: try ending.map { try StoredValue.word($0, in: "sessions") }
            )
        }
    }
}

extension Digest256 {
    fileprivate var data: Data { Data(bytes) }
}

extension Database {
    fileprivate func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }

    fileprivate func run(_ sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

extension Row {
    fileprivate func timestamp(_ column: String) -> Timestamp {
        Timestamp(milliseconds: self[column])
    }

    fileprivate func identifier<Kind>(_ column: String) -> Identifier<Kind>? {
        let raw: String? = self[column]
        return raw.map { Identifier(trusted: $0) }
    }

    fileprivate func digest(_ column: String, in table: String) throws -> Digest256 {
        let data: Data = self[column]
        guard let digest = Digest256(data) else { throw UnreadableRow(table: table, value: column) }
        return digest
    }
}

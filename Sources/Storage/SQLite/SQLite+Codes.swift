package import Auth
package import CommandBus
package import Cryptography
import GRDB

extension AccountReads where Self: SQLiteReads {
    package func challenge(token: Digest256) throws -> CodeChallenge? {
        try db.row(
            """
            SELECT token, purpose, factor, address, account, session, code, failures, sent_at, expires_at, is_spent
            FROM code_challenges WHERE token = ?
            """, [token.data]
        ).map(CodeChallenge.init(row:))
    }

    package func codesSent(
        to address: EmailAddress, in budget: CodeBudget, since start: Timestamp
    ) throws -> [Timestamp] {
        // What an authenticator app shows was not sent.
        try db.rows(
            """
            SELECT sent_at FROM code_challenges
            WHERE address = ? AND budget = ? AND sent_at >= ? AND factor = 'mail' ORDER BY sent_at DESC
            """, [address.raw, budget.rawValue, start.milliseconds]
        ).map { $0.timestamp("sent_at") }
    }

    package func codeFailures(
        of address: EmailAddress, in budget: CodeBudget, since start: Timestamp
    ) throws -> (count: Int, firstSentAt: Timestamp?) {
        let row = try db.row(
            """
            SELECT coalesce(sum(failures), 0) AS failures, min(sent_at) AS sent_at FROM code_challenges
            WHERE address = ? AND budget = ? AND sent_at >= ? AND failures > 0
            """, [address.raw, budget.rawValue, start.milliseconds]
        )
        guard let row else { return (0, nil) }
        return (row["failures"], row.optionalTimestamp("sent_at"))
    }

    package func grant(token: Digest256) throws -> Grant? {
        try db.row("SELECT token, purpose, address, account, expires_at FROM grants WHERE token = ?", [token.data])
            .map { row in
                Grant(
                    token: try row.digest("token", in: "grants"),
                    purpose: try StoredValue.word(row["purpose"], in: "grants"),
                    address: EmailAddress(trusted: row["address"]), account: row.identifier("account"),
                    expiresAt: row.timestamp("expires_at")
                )
            }
    }
}

extension SQLiteTransaction {
    package func insert(_ challenge: CodeChallenge) throws {
        try db.run(
            """
            INSERT INTO code_challenges
                (token, purpose, budget, factor, address, account, session, code, failures, sent_at, expires_at, is_spent)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                challenge.token.data, challenge.purpose.rawValue, challenge.purpose.budget.rawValue,
                challenge.factor.rawValue, challenge.address.raw, challenge.account?.raw, challenge.session?.raw,
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

    package func voidProofs(of account: AccountID) throws {
        try db.run("UPDATE code_challenges SET is_spent = 1 WHERE account = ?", [account.raw])
        try db.run("DELETE FROM grants WHERE account = ?", [account.raw])
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

    package func insert(_ grant: Grant) throws {
        try db.run(
            "INSERT INTO grants (token, purpose, address, account, expires_at) VALUES (?, ?, ?, ?, ?)",
            [
                grant.token.data, grant.purpose.rawValue, grant.address.raw, grant.account?.raw,
                grant.expiresAt.milliseconds,
            ]
        )
    }

    package func remove(grant token: Digest256) throws {
        try db.run("DELETE FROM grants WHERE token = ?", [token.data])
    }

    package func forgetGrants(expiredBefore limit: Timestamp) throws {
        try db.run(
            """
            DELETE FROM grants WHERE token IN (
                SELECT token FROM grants WHERE expires_at < ? ORDER BY expires_at LIMIT 16
            )
            """, [limit.milliseconds]
        )
    }
}

extension CodeChallenge {
    fileprivate init(row: Row) throws {
        self.init(
            token: try row.digest("token", in: "code_challenges"),
            purpose: try StoredValue.word(row["purpose"], in: "code_challenges"),
            factor: try StoredValue.word(row["factor"], in: "code_challenges"),
            address: EmailAddress(trusted: row["address"]), account: row.identifier("account"),
            session: row.identifier("session"), code: try row.digest("code", in: "code_challenges"),
            failures: row["failures"], sentAt: row.timestamp("sent_at"), expiresAt: row.timestamp("expires_at"),
            isSpent: row["is_spent"]
        )
    }
}

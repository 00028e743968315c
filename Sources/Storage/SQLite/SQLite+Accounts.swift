package import Auth
package import CommandBus
package import Cryptography
import GRDB

extension SQLiteSnapshot: AccountReads {}
extension SQLiteTransaction: AccountRecords {}

extension AccountReads where Self: SQLiteReads {
    package func account(_ id: AccountID) throws -> Account? {
        try db.row("SELECT \(Account.columns) FROM accounts WHERE id = ?", [id.raw]).map(Account.init(row:))
    }

    package func hasAccounts() throws -> Bool {
        try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM accounts)") ?? false
    }

    package func account(email: EmailAddress) throws -> Account? {
        try db.row("SELECT \(Account.columns) FROM accounts WHERE email = ?", [email.raw]).map(Account.init(row:))
    }

    package func accounts(_ query: AccountQuery) throws -> [Account] {
        // Role by role, so that each page is read from the index in its order, and is no longer than it has to be.
        let pages = try query.roles.map { try accounts(query, of: $0) }
        return Array(pages.joined().sorted { $0.id.raw < $1.id.raw }.prefix(max(query.limit, 0)))
    }

    private func accounts(_ query: AccountQuery, of role: Role) throws -> [Account] {
        // Where there is an address or a roll number the index to use is theirs; the plus keeps SQLite from that of roles.
        let isSearch = query.email != nil || query.rollNumber != nil
        var (conditions, arguments): ([String], StatementArguments) = (
            [isSearch ? "+role = ?" : "role = ?"], [role.rawValue]
        )
        func add(_ condition: String, _ value: String?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        add("state = ?", query.state?.rawValue)
        add("email = ?", query.email?.raw)
        add("roll_number = ?", query.rollNumber)
        add("id > ?", query.after?.raw)
        return try db.rows(
            """
            SELECT \(Account.columns) FROM accounts WHERE \(conditions.joined(separator: " AND ")) ORDER BY id LIMIT ?
            """, arguments + [max(query.limit, 0)]
        ).map(Account.init(row:))
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

    package func update(_ account: Account) throws {
        try db.run(
            """
            UPDATE accounts SET email = ?, name = ?, roll_number = ?, role = ?, state = ?, password_hash = ? WHERE id = ?
            """,
            [
                account.email.raw, account.name, account.rollNumber, account.role.rawValue, account.state.rawValue,
                account.passwordHash, account.id.raw,
            ]
        )
        guard db.changesCount == 1 else { throw Problem.notFound("account") }
    }

    package func countActiveGodAdmins() throws -> Int {
        let statement = try db.cachedStatement(
            sql: "SELECT count(*) FROM accounts WHERE role = 'god_admin' AND state = 'active'"
        )
        return try Int.fetchOne(statement) ?? 0
    }

    package func hold(_ account: AccountID) throws {
        // There is one writer: units of work come one after another.
    }

    package func noteWelcome(of address: Digest256, at now: Timestamp) throws -> Bool {
        try db.run(
            "INSERT INTO welcomes (address, at) VALUES (?, ?) ON CONFLICT (address) DO NOTHING",
            [address.data, now.milliseconds]
        )
        return db.changesCount == 1
    }

    package func eraseTraces(of account: AccountID, address: EmailAddress) throws {
        // While its codes still tell which other addresses it has had, or was to have.
        try db.run(
            """
            DELETE FROM mail_outbox WHERE due_at IS NULL AND recipient IN (
                SELECT ?1 UNION SELECT address FROM code_challenges WHERE account = ?2
            )
            """, [address.raw, account.raw]
        )
        // The sign-in of the highest epoch is the newest; its other rows were ended by a refresh.
        try db.run(
            """
            DELETE FROM sessions WHERE account = ?1 AND token IS NOT (
                SELECT token FROM sessions WHERE account = ?1 AND ending IS NOT 'refreshed' ORDER BY epoch DESC LIMIT 1
            )
            """, [account.raw]
        )
        for table in ["devices", "authenticators", "step_ups"] {
            try db.run("DELETE FROM \(table) WHERE account = ?", [account.raw])
        }
        for table in ["code_challenges", "grants"] {
            try db.run("DELETE FROM \(table) WHERE account = ?", [account.raw])
            try db.run("DELETE FROM \(table) WHERE address = ?", [address.raw])
        }
    }
}

extension Account {
    fileprivate static let columns = """
        id, email, name, roll_number, role, state, password_hash, session_epoch, created_at
        """

    fileprivate init(row: Row) throws {
        self.init(
            id: AccountID(trusted: row["id"]), email: EmailAddress(trusted: row["email"]), name: row["name"],
            rollNumber: row["roll_number"], role: try StoredValue.word(row["role"], in: "accounts"),
            state: try StoredValue.word(row["state"], in: "accounts"), passwordHash: row["password_hash"],
            sessionEpoch: row["session_epoch"], createdAt: row.timestamp("created_at")
        )
    }
}

import GRDB

/// The tables of one-time codes and of what they open. Instants are milliseconds since 1970; hashes are 32 bytes.
enum CodeTables {
    static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE code_challenges (
                    token BLOB NOT NULL PRIMARY KEY CHECK (length(token) = 32),
                    purpose TEXT NOT NULL,
                    -- Follows from the purpose: mails and wrong answers are counted by it.
                    budget TEXT NOT NULL CHECK (budget IN ('strangers', 'owner', 'session')),
                    factor TEXT NOT NULL CHECK (factor IN ('mail', 'authenticator')),
                    address TEXT NOT NULL,
                    account TEXT REFERENCES accounts (id),
                    session TEXT,
                    code BLOB NOT NULL CHECK (length(code) = 32),
                    failures INTEGER NOT NULL CHECK (failures >= 0),
                    sent_at INTEGER NOT NULL,
                    expires_at INTEGER NOT NULL CHECK (expires_at > sent_at),
                    is_spent INTEGER NOT NULL CHECK (is_spent IN (0, 1))
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX code_challenges_by_address ON code_challenges (address, budget, sent_at);
                CREATE INDEX code_challenges_failed ON code_challenges (address, budget, sent_at) WHERE failures > 0;
                CREATE INDEX code_challenges_by_time ON code_challenges (sent_at);
                -- Of all, also those without an account: it must cost as much to ask for a code where there is none.
                CREATE INDEX code_challenges_by_account ON code_challenges (account);

                CREATE TABLE grants (
                    token BLOB NOT NULL PRIMARY KEY CHECK (length(token) = 32),
                    purpose TEXT NOT NULL CHECK (purpose IN ('registration', 'password_reset', 'sign_in')),
                    address TEXT NOT NULL,
                    account TEXT REFERENCES accounts (id),
                    expires_at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX grants_by_time ON grants (expires_at);
                CREATE INDEX grants_by_address ON grants (address);
                CREATE INDEX grants_by_account ON grants (account) WHERE account IS NOT NULL;
                """
        )
    }
}

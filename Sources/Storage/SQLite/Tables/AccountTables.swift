import GRDB

/// The tables of accounts and sign-in. Instants are milliseconds since 1970; hashes are 32 bytes.
enum AccountTables {
    static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE accounts (
                    id TEXT NOT NULL PRIMARY KEY,
                    email TEXT NOT NULL UNIQUE CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
                    name TEXT NOT NULL CHECK (length(name) <= 640),
                    roll_number TEXT CHECK (length(roll_number) <= 320),
                    role TEXT NOT NULL CHECK (role IN ('rider', 'conductor', 'developer', 'god_admin')),
                    state TEXT NOT NULL CHECK (state IN ('active', 'suspended', 'closed')),
                    password_hash TEXT NOT NULL,
                    session_epoch INTEGER NOT NULL CHECK (session_epoch >= 0),
                    created_at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX staff ON accounts (role) WHERE role <> 'rider';

                CREATE TABLE sessions (
                    token BLOB NOT NULL PRIMARY KEY CHECK (length(token) = 32),
                    id TEXT NOT NULL,
                    account TEXT NOT NULL REFERENCES accounts (id),
                    role TEXT NOT NULL CHECK (role IN ('rider', 'conductor', 'developer', 'god_admin')),
                    epoch INTEGER NOT NULL CHECK (epoch > 0),
                    issued_at INTEGER NOT NULL,
                    expires_at INTEGER NOT NULL CHECK (expires_at > issued_at),
                    ending TEXT CHECK (ending IN ('replaced', 'closed', 'refreshed', 'revoked')),
                    ended_at INTEGER,
                    CHECK ((ending IS NULL) = (ended_at IS NULL))
                ) STRICT, WITHOUT ROWID;

                -- One live session an account: the database itself refuses a second one.
                CREATE UNIQUE INDEX sessions_open ON sessions (account) WHERE ending IS NULL;
                CREATE INDEX sessions_by_account ON sessions (account, expires_at);

                CREATE TABLE devices (
                    account TEXT NOT NULL REFERENCES accounts (id),
                    device BLOB NOT NULL CHECK (length(device) = 32),
                    first_used_at INTEGER NOT NULL,
                    last_used_at INTEGER NOT NULL,
                    PRIMARY KEY (account, device)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE code_challenges (
                    token BLOB NOT NULL PRIMARY KEY CHECK (length(token) = 32),
                    purpose TEXT NOT NULL,
                    address TEXT NOT NULL,
                    account TEXT REFERENCES accounts (id),
                    code BLOB NOT NULL CHECK (length(code) = 32),
                    failures INTEGER NOT NULL CHECK (failures >= 0),
                    sent_at INTEGER NOT NULL,
                    expires_at INTEGER NOT NULL CHECK (expires_at > sent_at),
                    is_spent INTEGER NOT NULL CHECK (is_spent IN (0, 1))
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX code_challenges_by_address ON code_challenges (address, purpose, sent_at);
                CREATE INDEX code_challenges_by_time ON code_challenges (sent_at);
                CREATE INDEX code_challenges_by_account ON code_challenges (account) WHERE account IS NOT NULL;

                CREATE TABLE registration_grants (
                    token BLOB NOT NULL PRIMARY KEY CHECK (length(token) = 32),
                    address TEXT NOT NULL,
                    expires_at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX registration_grants_by_time ON registration_grants (expires_at);
                """
        )
        try MailTables.create(db)
    }
}

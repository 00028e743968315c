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
                CREATE INDEX accounts_by_role ON accounts (role, id);
                CREATE INDEX accounts_by_state ON accounts (role, state, id);
                CREATE INDEX accounts_by_roll_number ON accounts (roll_number) WHERE roll_number IS NOT NULL;

                CREATE TABLE sessions (
                    token BLOB NOT NULL PRIMARY KEY CHECK (length(token) = 32),
                    id TEXT NOT NULL,
                    account TEXT NOT NULL REFERENCES accounts (id),
                    role TEXT NOT NULL CHECK (role IN ('rider', 'conductor', 'developer', 'god_admin')),
                    epoch INTEGER NOT NULL CHECK (epoch > 0),
                    issued_at INTEGER NOT NULL,
                    expires_at INTEGER NOT NULL CHECK (expires_at > issued_at),
                    -- Null where it does not end because nobody uses it.
                    idle_until INTEGER,
                    ending TEXT CHECK (ending IN ('replaced', 'closed', 'refreshed', 'revoked')),
                    ended_at INTEGER,
                    CHECK ((ending IS NULL) = (ended_at IS NULL))
                ) STRICT, WITHOUT ROWID;

                -- One live session an account: the database itself refuses a second one.
                CREATE UNIQUE INDEX sessions_open ON sessions (account) WHERE ending IS NULL;
                CREATE INDEX sessions_by_account ON sessions (account, ending, ended_at);
                CREATE INDEX sessions_by_id ON sessions (id);

                CREATE TABLE devices (
                    account TEXT NOT NULL REFERENCES accounts (id),
                    id TEXT NOT NULL,
                    secret BLOB NOT NULL CHECK (length(secret) = 32),
                    previous BLOB CHECK (length(previous) = 32),
                    first_used_at INTEGER NOT NULL,
                    last_used_at INTEGER NOT NULL,
                    PRIMARY KEY (account, id)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE authenticators (
                    account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id),
                    -- Encrypted with a key that is not in the database.
                    sealed_secret BLOB NOT NULL CHECK (length(sealed_secret) > 0),
                    confirmed_at INTEGER,
                    last_step INTEGER NOT NULL,
                    -- Hashes, one after another.
                    recovery_codes BLOB NOT NULL CHECK (length(recovery_codes) % 32 = 0)
                ) STRICT, WITHOUT ROWID;

                -- Addresses that were given the welcome credit, as keyed hashes.
                CREATE TABLE welcomes (
                    address BLOB NOT NULL PRIMARY KEY CHECK (length(address) = 32),
                    at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE step_ups (
                    session TEXT NOT NULL,
                    purpose TEXT NOT NULL,
                    account TEXT NOT NULL REFERENCES accounts (id),
                    expires_at INTEGER NOT NULL,
                    PRIMARY KEY (session, purpose)
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX step_ups_by_time ON step_ups (expires_at);
                CREATE INDEX step_ups_by_account ON step_ups (account);
                """
        )
        try CodeTables.create(db)
        try MailTables.create(db)
    }
}

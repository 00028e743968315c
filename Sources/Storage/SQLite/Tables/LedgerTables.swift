import GRDB

/// The double-entry ledger.
///
/// Rows of the journal are never updated or deleted; triggers see to it even if a statement of ours were wrong.
enum LedgerTables {
    static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE ledger_accounts (
                    name TEXT PRIMARY KEY,
                    currency TEXT NOT NULL,
                    balance INTEGER NOT NULL DEFAULT 0,
                    postings INTEGER NOT NULL DEFAULT 0 CHECK (postings >= 0),
                    CHECK (balance >= 0 OR name NOT LIKE 'wallet:%')
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE chains (
                    chain INTEGER PRIMARY KEY CHECK (chain >= 0),
                    sequence INTEGER NOT NULL CHECK (sequence > 0),
                    hash BLOB NOT NULL CHECK (length(hash) = 32)
                ) STRICT;
                CREATE TABLE journal (
                    chain INTEGER NOT NULL,
                    sequence INTEGER NOT NULL CHECK (sequence > 0),
                    id TEXT NOT NULL UNIQUE,
                    kind TEXT NOT NULL,
                    at INTEGER NOT NULL,
                    reference TEXT NOT NULL,
                    actor TEXT NOT NULL,
                    currency TEXT NOT NULL,
                    previous BLOB NOT NULL CHECK (length(previous) = 32),
                    hash BLOB NOT NULL CHECK (length(hash) = 32),
                    PRIMARY KEY (chain, sequence)
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE postings (
                    chain INTEGER NOT NULL,
                    entry INTEGER NOT NULL,
                    line INTEGER NOT NULL,
                    account TEXT NOT NULL REFERENCES ledger_accounts (name),
                    amount INTEGER NOT NULL CHECK (amount <> 0),
                    number INTEGER NOT NULL CHECK (number > 0),
                    balance_after INTEGER NOT NULL,
                    PRIMARY KEY (chain, entry, line),
                    FOREIGN KEY (chain, entry) REFERENCES journal (chain, sequence)
                ) STRICT, WITHOUT ROWID;
                CREATE UNIQUE INDEX postings_by_account ON postings (account, number);

                CREATE TRIGGER journal_is_not_updated BEFORE UPDATE ON journal
                BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
                CREATE TRIGGER journal_is_not_deleted BEFORE DELETE ON journal
                BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
                CREATE TRIGGER postings_are_not_updated BEFORE UPDATE ON postings
                BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
                CREATE TRIGGER postings_are_not_deleted BEFORE DELETE ON postings
                BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
                """
        )
    }
}

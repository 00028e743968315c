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
                    CHECK (balance >= 0 OR name NOT LIKE 'wallet:%')
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE journal (
                    sequence INTEGER PRIMARY KEY,
                    id TEXT NOT NULL UNIQUE,
                    kind TEXT NOT NULL,
                    at INTEGER NOT NULL,
                    reference TEXT NOT NULL,
                    actor TEXT NOT NULL,
                    currency TEXT NOT NULL,
                    previous BLOB NOT NULL CHECK (length(previous) = 32),
                    hash BLOB NOT NULL CHECK (length(hash) = 32)
                ) STRICT;
                CREATE TABLE postings (
                    entry INTEGER NOT NULL REFERENCES journal (sequence),
                    line INTEGER NOT NULL,
                    account TEXT NOT NULL REFERENCES ledger_accounts (name),
                    amount INTEGER NOT NULL CHECK (amount <> 0),
                    balance_after INTEGER NOT NULL,
                    PRIMARY KEY (entry, line)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX postings_by_account ON postings (account, entry);

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

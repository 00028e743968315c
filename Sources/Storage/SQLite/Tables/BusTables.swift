import GRDB

/// What the bus keeps: first answers, the event log, the audit log, switches, the fences of jobs.
///
/// Rows of the audit log are never updated or deleted; triggers see to it even if a statement of ours were wrong.
enum BusTables {
    static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE idempotency (
                    scope TEXT NOT NULL,
                    key TEXT NOT NULL,
                    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
                    status INTEGER NOT NULL CHECK (status BETWEEN 200 AND 428),
                    body BLOB NOT NULL,
                    at INTEGER NOT NULL,
                    PRIMARY KEY (scope, key)
                ) STRICT, WITHOUT ROWID;

                CREATE TABLE events (
                    id TEXT PRIMARY KEY,
                    kind TEXT NOT NULL,
                    actor TEXT NOT NULL,
                    subject TEXT NOT NULL,
                    data BLOB NOT NULL,
                    trace TEXT NOT NULL,
                    at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX events_by_subject ON events (subject, id);

                CREATE TABLE audit (
                    id TEXT PRIMARY KEY,
                    at INTEGER NOT NULL,
                    actor TEXT NOT NULL,
                    action TEXT NOT NULL,
                    subject TEXT NOT NULL,
                    reason TEXT NOT NULL,
                    before BLOB,
                    after BLOB,
                    trace TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX audit_by_subject ON audit (subject, id);
                CREATE INDEX audit_by_actor ON audit (actor, id);
                CREATE INDEX audit_by_action ON audit (action, id);

                CREATE TRIGGER audit_is_not_updated BEFORE UPDATE ON audit
                BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
                CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
                BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

                CREATE TABLE settings (
                    name TEXT PRIMARY KEY,
                    value BLOB NOT NULL
                ) STRICT, WITHOUT ROWID;

                -- The newest token of each job's lease: work under an older one is refused.
                CREATE TABLE fences (
                    job TEXT PRIMARY KEY,
                    token INTEGER NOT NULL CHECK (token > 0)
                ) STRICT, WITHOUT ROWID;
                """
        )
    }
}

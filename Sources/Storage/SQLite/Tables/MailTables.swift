import GRDB

/// The table of the outbox. Instants are milliseconds since 1970.
enum MailTables {
    static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE mail_outbox (
                    reference TEXT NOT NULL PRIMARY KEY CHECK (length(reference) = 32),
                    recipient TEXT NOT NULL,
                    subject TEXT NOT NULL,
                    body TEXT NOT NULL,
                    queued_at INTEGER NOT NULL,
                    -- How often it was taken; whoever took it last, and nobody else, may settle it.
                    attempts INTEGER NOT NULL CHECK (attempts >= 0),
                    -- Null once the letter was given up; it is kept for a month, without its text, for the operator to see.
                    due_at INTEGER,
                    failure TEXT
                ) STRICT;

                CREATE INDEX mail_outbox_due ON mail_outbox (due_at) WHERE due_at IS NOT NULL;
                CREATE INDEX mail_outbox_given_up ON mail_outbox (recipient) WHERE due_at IS NULL;
                CREATE INDEX mail_outbox_given_up_by_time ON mail_outbox (queued_at) WHERE due_at IS NULL;
                """
        )
    }
}

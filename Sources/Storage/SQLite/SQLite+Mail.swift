package import CommandBus
import GRDB
package import Mail

extension SQLiteSnapshot: OutboxReads {}

extension OutboxReads where Self: SQLiteReads {
    package func nextLetterDue() throws -> Timestamp? {
        let statement = try db.cachedStatement(sql: "SELECT min(due_at) FROM mail_outbox WHERE due_at IS NOT NULL")
        return try Int64.fetchOne(statement).map { Timestamp(milliseconds: $0) }
    }

    package func outboxCount() throws -> (waiting: Int, abandoned: Int) {
        let statement = try db.cachedStatement(sql: "SELECT count(due_at), count(*) FROM mail_outbox")
        guard let row = try Row.fetchOne(statement) else { return (0, 0) }
        let (waiting, all): (Int, Int) = (row[0], row[1])
        return (waiting, all - waiting)
    }
}

extension SQLiteTransaction: OutboxRecords {
    package func enqueue(_ mail: [EnqueuedMail], at: Timestamp) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO mail_outbox (reference, recipient, subject, body, queued_at, attempts, due_at)
                VALUES (?1, ?2, ?3, ?4, ?5, 0, ?5)
                """
        )
        for enqueued in mail {
            let mail = enqueued.mail
            try statement.execute(
                arguments: [enqueued.reference, mail.to.raw, mail.subject, mail.body, at.milliseconds]
            )
        }
    }

    package func claimLetters(dueAt now: Timestamp, until lease: Timestamp, limit: Int) throws -> [Letter] {
        try forgetGivenUp(queuedBefore: GivenUpLetters.limit(at: now))
        let due = try db.cachedStatement(
            sql: """
                SELECT reference, recipient, subject, body, queued_at, attempts FROM mail_outbox
                WHERE due_at <= ? ORDER BY due_at, rowid LIMIT ?
                """
        )
        let claim = try db.cachedStatement(
            sql: "UPDATE mail_outbox SET due_at = ?, attempts = attempts + 1 WHERE reference = ?"
        )
        return try Row.fetchAll(due, arguments: [now.milliseconds, limit]).map { row in
            let letter = Letter(
                reference: row["reference"],
                mail: OutgoingMail(to: EmailAddress(trusted: row["recipient"]), subject: row["subject"], body: row["body"]),
                queuedAt: Timestamp(milliseconds: row["queued_at"]), attempts: row["attempts"]
            )
            try claim.execute(arguments: [lease.milliseconds, letter.reference])
            return letter
        }
    }

    private func forgetGivenUp(queuedBefore limit: Timestamp) throws {
        try db.run(
            """
            DELETE FROM mail_outbox WHERE rowid IN (
                SELECT rowid FROM mail_outbox WHERE due_at IS NULL AND queued_at < ? ORDER BY queued_at LIMIT ?
            )
            """, [limit.milliseconds, GivenUpLetters.atOnce]
        )
    }

    package func removeLetter(_ letter: Letter) throws -> Bool {
        try settle(letter, "DELETE FROM mail_outbox", [])
    }

    package func postponeLetter(_ letter: Letter, until due: Timestamp, because failure: String) throws -> Bool {
        try settle(letter, "UPDATE mail_outbox SET due_at = ?, failure = ?", [due.milliseconds, failure])
    }

    package func abandonLetter(_ letter: Letter, because failure: String) throws -> Bool {
        try settle(letter, "UPDATE mail_outbox SET due_at = NULL, body = '', failure = ?", [failure])
    }

    /// Changes a letter as long as it is in the hands of whoever took it for this attempt.
    private func settle(_ letter: Letter, _ change: String, _ arguments: StatementArguments) throws -> Bool {
        try db.cachedStatement(sql: change + " WHERE reference = ? AND attempts = ?")
            .execute(arguments: arguments + [letter.reference, letter.attempts + 1])
        return db.changesCount == 1
    }
}

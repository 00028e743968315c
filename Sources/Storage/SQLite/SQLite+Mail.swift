package import CommandBus
import Foundation
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
    package func enqueue(_ mail: [OutgoingMail], at: Timestamp) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO mail_outbox (reference, recipient, subject, body, queued_at, attempts, due_at)
                VALUES (randomblob(16), ?1, ?2, ?3, ?4, 0, ?4)
                """
        )
        for mail in mail {
            try statement.execute(arguments: [mail.to.raw, mail.subject, mail.body, at.milliseconds])
        }
    }

    package func claimLetters(dueAt now: Timestamp, until lease: Timestamp, limit: Int) throws -> [Letter] {
        let due = try db.cachedStatement(
            sql: """
                SELECT id, reference, recipient, subject, body, queued_at, attempts FROM mail_outbox
                WHERE due_at <= ? ORDER BY due_at, id LIMIT ?
                """
        )
        let claim = try db.cachedStatement(sql: "UPDATE mail_outbox SET due_at = ?, attempts = attempts + 1 WHERE id = ?")
        return try Row.fetchAll(due, arguments: [now.milliseconds, limit]).map { row in
            let letter = Letter(
                id: row["id"], reference: Self.letters(of: row["reference"]),
                mail: OutgoingMail(to: EmailAddress(trusted: row["recipient"]), subject: row["subject"], body: row["body"]),
                queuedAt: Timestamp(milliseconds: row["queued_at"]), attempts: row["attempts"]
            )
            try claim.execute(arguments: [lease.milliseconds, letter.id])
            return letter
        }
    }

    package func removeLetter(_ id: Int64) throws {
        try db.cachedStatement(sql: "DELETE FROM mail_outbox WHERE id = ?").execute(arguments: [id])
    }

    package func postponeLetter(_ id: Int64, until due: Timestamp, because failure: String) throws {
        try db.cachedStatement(sql: "UPDATE mail_outbox SET due_at = ?, failure = ? WHERE id = ?")
            .execute(arguments: [due.milliseconds, failure, id])
    }

    package func abandonLetter(_ id: Int64, because failure: String) throws {
        try db.cachedStatement(sql: "UPDATE mail_outbox SET due_at = NULL, body = '', failure = ? WHERE id = ?")
            .execute(arguments: [failure, id])
    }

    /// A reference as letters only: digits in it could be taken for the code in the letter.
    private static func letters(of reference: Data) -> String {
        String(decoding: reference.flatMap { [97 + $0 >> 4, 97 + $0 & 15] }, as: UTF8.self)
    }
}

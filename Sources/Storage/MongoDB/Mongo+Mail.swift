package import CommandBus
package import Mail

extension MongoSnapshot: OutboxReads {}

extension OutboxReads where Self: MongoReads {
    package func nextLetterDue() throws -> Timestamp? {
        try session.findOne("mail_outbox", ["due_at": ["$exists": true]], sort: ["due_at": 1], projection: ["due_at": 1])?
            .timestamp("due_at")
    }

    package func outboxCount() throws -> (waiting: Int, abandoned: Int) {
        (
            try session.count("mail_outbox", ["due_at": ["$exists": true]]),
            try session.count("mail_outbox", ["due_at": ["$exists": false]])
        )
    }
}

extension MongoTransaction: OutboxRecords {
    package func enqueue(_ mail: [EnqueuedMail], at: Timestamp) throws {
        try session.insert(
            "mail_outbox",
            mail.enumerated().map { position, enqueued in
                let row: BSONDocument = [
                    "_id": .string(enqueued.reference), "recipient": .string(enqueued.mail.to.raw),
                    "subject": .string(enqueued.mail.subject), "body": .string(enqueued.mail.body),
                    "queued_at": BSONValue(at), "attempts": 0, "due_at": BSONValue(at),
                    // There is no rowid to tell the order of letters of one instant; absent sorts first.
                    "position": position == 0 ? .null : BSONValue(position),
                ]
                return row.withoutNulls
            }
        )
    }

    /// Two workers at once: both write the letters that they take, so that one of them is undone and run again, and finds
    /// those letters leased.
    package func claimLetters(dueAt now: Timestamp, until lease: Timestamp, limit: Int) throws -> [Letter] {
        try forgetGivenUp(queuedBefore: GivenUpLetters.limit(at: now))
        let due = try session.find(
            "mail_outbox", ["due_at": ["$lte": BSONValue(now)]],
            sort: ["due_at": 1, "queued_at": 1, "position": 1, "_id": 1], limit: limit
        )
        guard !due.isEmpty else { return [] }
        let letters = try due.map(Letter.init(document:))
        let claimed = try session.update(
            "mail_outbox", ["_id": ["$in": BSONValue(letters.map(\.reference))]],
            ["$set": ["due_at": BSONValue(lease)], "$inc": ["attempts": 1]], many: true
        )
        guard claimed == letters.count else { throw MongoError.changedMeanwhile("mail_outbox") }
        return letters
    }

    private func forgetGivenUp(queuedBefore limit: Timestamp) throws {
        let old = try session.find(
            "mail_outbox", ["queued_at": ["$lt": BSONValue(limit)], "due_at": ["$exists": false]], sort: ["queued_at": 1],
            projection: ["_id": 1], limit: GivenUpLetters.atOnce
        ).compactMap { $0["_id"] }
        guard !old.isEmpty else { return }
        try session.delete("mail_outbox", ["_id": ["$in": .array(old)]], many: true)
    }

    package func removeLetter(_ letter: Letter) throws -> Bool {
        try session.delete("mail_outbox", letter.inHand) == 1
    }

    package func postponeLetter(_ letter: Letter, until due: Timestamp, because failure: String) throws -> Bool {
        let change: BSONDocument = ["due_at": BSONValue(due), "failure": .string(failure)]
        return try session.update("mail_outbox", letter.inHand, change.asUpdate) == 1
    }

    package func abandonLetter(_ letter: Letter, because failure: String) throws -> Bool {
        let change: BSONDocument = ["due_at": .null, "body": "", "failure": .string(failure)]
        return try session.update("mail_outbox", letter.inHand, change.asUpdate) == 1
    }
}

extension Letter {
    /// The letter as long as it is in the hands of whoever took it for this attempt.
    fileprivate var inHand: BSONDocument {
        ["_id": .string(reference), "attempts": BSONValue(attempts + 1)]
    }

    fileprivate init(document row: BSONDocument) throws {
        self.init(
            reference: try row.text("_id"),
            mail: OutgoingMail(
                to: EmailAddress(trusted: try row.text("recipient")), subject: try row.text("subject"),
                body: try row.text("body")
            ),
            queuedAt: try row.timestamp("queued_at"), attempts: try row.int("attempts")
        )
    }
}

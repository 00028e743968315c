/// An index of a collection.
struct MongoIndex: Sendable {
    let name: String
    let keys: [String]
    var isUnique = false
    /// Which documents it holds; nil for all.
    var filter: BSONDocument?

    init(_ name: String, _ keys: String..., isUnique: Bool = false, where filter: BSONDocument? = nil) {
        self.name = name
        self.keys = keys
        self.isUnique = isUnique
        self.filter = filter
    }

    /// As `createIndexes` takes it.
    ///
    /// - SeeAlso: https://www.mongodb.com/docs/manual/reference/command/createIndexes/
    var document: BSONDocument {
        var document: BSONDocument = [
            "key": .document(BSONDocument(fields: keys.map { (name: $0, value: 1) })), "name": .string(name),
        ]
        if isUnique { document["unique"] = true }
        if let filter { document["partialFilterExpression"] = .document(filter) }
        return document
    }
}

/// The indexes beside those of `_id`.
enum MongoIndexes {
    /// By collection. The names are SQLite's where it has the same index.
    static let all: [String: [MongoIndex]] = [
        "events": [MongoIndex("events_by_subject", "subject", "_id")],
        "audit": [
            MongoIndex("audit_by_subject", "subject", "_id"), MongoIndex("audit_by_actor", "actor", "_id"),
            MongoIndex("audit_by_action", "action", "_id"),
        ],
        "accounts": [
            MongoIndex("accounts_by_email", "email", isUnique: true),
            MongoIndex("accounts_by_role", "role", "_id"),
            MongoIndex("accounts_by_state", "role", "state", "_id"),
            MongoIndex("accounts_by_roll_number", "roll_number", where: ["roll_number": ["$exists": true]]),
        ],
        "sessions": [
            // One live session an account: the database itself refuses a second one.
            MongoIndex("sessions_open", "account", isUnique: true, where: ["open": true]),
            MongoIndex("sessions_by_account", "account", "ending", "ended_at"),
            MongoIndex("sessions_by_id", "id"),
        ],
        "devices": [MongoIndex("devices_by_account", "account", "last_used_at")],
        "step_ups": [
            MongoIndex("step_ups_by_time", "expires_at"), MongoIndex("step_ups_by_account", "account"),
        ],
        "code_challenges": [
            MongoIndex("code_challenges_by_address", "address", "budget", "sent_at"),
            // Not in the order of the one before it: two indexes of the same fields are not told apart everywhere.
            MongoIndex("code_challenges_failed", "budget", "address", "sent_at", where: ["failures": ["$gt": 0]]),
            MongoIndex("code_challenges_by_time", "sent_at"),
            // Of all, also those without an account: it must cost as much to ask for a code where there is none.
            MongoIndex("code_challenges_by_account", "account"),
        ],
        "grants": [
            MongoIndex("grants_by_time", "expires_at"), MongoIndex("grants_by_address", "address"),
            MongoIndex("grants_by_account", "account", where: ["account": ["$exists": true]]),
        ],
        "mail_outbox": [
            MongoIndex("mail_outbox_due", "due_at", where: ["due_at": ["$exists": true]]),
            // Of all letters: a condition can't be that there is no instant at which they are due.
            MongoIndex("mail_outbox_by_recipient", "recipient"), MongoIndex("mail_outbox_by_time", "queued_at"),
        ],
        "buses": [MongoIndex("buses_by_service", "service", "_id"), MongoIndex("buses_by_route", "route")],
        "departures": [
            MongoIndex("departures_of_bus", "bus", "service_date", isUnique: true),
            MongoIndex("departures_by_date", "service_date", "departs_at", "_id"),
            MongoIndex("departures_by_time", "departs_at", "_id"),
            MongoIndex("departures_by_state", "state", "departs_at", "_id"),
        ],
        "journal": [
            MongoIndex("journal_by_id", "id", isUnique: true),
            // The key itself joins numbers to a text, which is in another order.
            MongoIndex("journal_by_sequence", "chain", "sequence"),
        ],
        "postings": [
            MongoIndex("postings_by_account", "account", "number", isUnique: true),
            MongoIndex("postings_by_entry", "chain", "entry", "line"),
        ],
        "bookings": [
            // The guard against a second live booking of a rider on a departure.
            MongoIndex("live_bookings", "departure", "rider", isUnique: true, where: ["live": true]),
            MongoIndex("bookings_by_rider", "rider", "_id"),
        ],
    ]
}

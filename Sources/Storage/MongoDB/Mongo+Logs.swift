package import CommandBus
import Foundation

extension MongoSnapshot: AuditReads, EventReads {}
extension MongoTransaction: AuditReads, EventReads {}

extension AuditReads where Self: MongoReads {
    package func audit(_ query: AuditQuery) throws -> [AuditEntry] {
        var filter: BSONDocument = [:]
        if let subject = query.subject { filter["subject"] = .string(subject) }
        if let actor = query.actor { filter["actor"] = .string(actor) }
        if let action = query.action { filter["action"] = .string(action) }
        if let before = query.before { filter["_id"] = ["$lt": BSONValue(before)] }
        return try session.find("audit", filter, sort: ["_id": -1], limit: query.limit).map(AuditEntry.init(document:))
    }
}

extension EventReads where Self: MongoReads {
    package func events(of subject: String, before: EventID?, limit: Int) throws -> [StoredEvent] {
        var filter: BSONDocument = ["subject": .string(subject)]
        if let before { filter["_id"] = ["$lt": BSONValue(before)] }
        return try session.find("events", filter, sort: ["_id": -1], limit: limit).map { row in
            StoredEvent(
                id: try row.identifier("_id"), at: try row.timestamp("at"), kind: try row.text("kind"),
                actor: try row.text("actor"), subject: try row.text("subject"), data: try row.data("data"),
                trace: try row.text("trace")
            )
        }
    }
}

/// Both logs are only ever added to. There are no triggers here that would see to it, as SQLite's do for the audit log:
/// what changes an entry is not Farebus.
extension MongoTransaction {
    package func append(_ events: [DomainEvent], at: Timestamp) throws {
        try session.insert(
            "events",
            events.map { event in
                [
                    "_id": BSONValue(event.id), "kind": .string(event.kind), "actor": .string(event.actor),
                    "subject": .string(event.subject), "data": .binary(event.data ?? Data()),
                    "trace": .string(event.trace), "at": BSONValue(at),
                ]
            }
        )
    }

    package func append(_ entries: [AuditEntry]) throws {
        try session.insert("audit", entries.map(\.document))
    }
}

// MARK: - Documents

extension AuditEntry {
    fileprivate init(document row: BSONDocument) throws {
        self.init(
            id: try row.identifier("_id"), at: try row.timestamp("at"), actor: try row.text("actor"),
            action: try row.text("action"), subject: try row.text("subject"), reason: try row.text("reason"),
            before: try row.optionalData("before"), after: try row.optionalData("after"), trace: try row.text("trace")
        )
    }

    fileprivate var document: BSONDocument {
        let row: BSONDocument = [
            "_id": BSONValue(id), "at": BSONValue(at), "actor": .string(actor), "action": .string(action),
            "subject": .string(subject), "reason": .string(reason), "before": BSONValue(before), "after": BSONValue(after),
            "trace": .string(trace),
        ]
        return row.withoutNulls
    }
}

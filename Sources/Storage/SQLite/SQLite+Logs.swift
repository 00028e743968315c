package import CommandBus
import Foundation
import GRDB

extension SQLiteSnapshot: AuditReads, EventReads {}
extension SQLiteTransaction: AuditReads, EventReads {}

extension AuditReads where Self: SQLiteReads {
    package func audit(_ query: AuditQuery) throws -> [AuditEntry] {
        var (conditions, arguments): ([String], StatementArguments) = ([], [])
        func add(_ condition: String, _ value: String?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        add("subject = ?", query.subject)
        add("actor = ?", query.actor)
        add("action = ?", query.action)
        add("id < ?", query.before?.raw)
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return try db.rows(
            "SELECT \(AuditEntry.columns) FROM audit \(condition) ORDER BY id DESC LIMIT ?",
            arguments + [max(query.limit, 0)]
        ).map { row in
            AuditEntry(
                id: AuditID(trusted: row["id"]), at: row.timestamp("at"), actor: row["actor"], action: row["action"],
                subject: row["subject"], reason: row["reason"], before: row["before"], after: row["after"],
                trace: row["trace"]
            )
        }
    }
}

extension EventReads where Self: SQLiteReads {
    package func events(of subject: String, before: EventID?, limit: Int) throws -> [StoredEvent] {
        let condition = before == nil ? "" : "AND id < ?"
        let arguments: StatementArguments = before.map { [subject, $0.raw, max(limit, 0)] } ?? [subject, max(limit, 0)]
        return try db.rows(
            """
            SELECT id, at, kind, actor, subject, data, trace FROM events WHERE subject = ? \(condition)
            ORDER BY id DESC LIMIT ?
            """, arguments
        ).map { row in
            StoredEvent(
                id: EventID(trusted: row["id"]), at: row.timestamp("at"), kind: row["kind"], actor: row["actor"],
                subject: row["subject"], data: row["data"], trace: row["trace"]
            )
        }
    }
}

extension SQLiteTransaction {
    package func append(_ events: [DomainEvent], at: Timestamp) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO events (id, kind, actor, subject, data, trace, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        for event in events {
            try statement.execute(
                arguments: [
                    event.id.raw, event.kind, event.actor, event.subject, event.data ?? Data(), event.trace,
                    at.milliseconds,
                ]
            )
        }
    }

    package func append(_ entries: [AuditEntry]) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO audit (\(AuditEntry.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        for entry in entries {
            try statement.execute(
                arguments: [
                    entry.id.raw, entry.at.milliseconds, entry.actor, entry.action, entry.subject, entry.reason,
                    entry.before, entry.after, entry.trace,
                ]
            )
        }
    }
}

extension AuditEntry {
    fileprivate static let columns = "id, at, actor, action, subject, reason, before, after, trace"
}

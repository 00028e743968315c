/// An entry of the audit log on the wire.
package struct AuditView: Codable, Sendable {
    package let id: AuditID
    package let at: Timestamp
    /// Whose account it was, or `system`.
    package let actor: String
    package let action: String
    package let subject: String
    package let reason: String
    package let before: AuditedState?
    package let after: AuditedState?
    package let trace: String

    package init(_ entry: AuditEntry) throws {
        id = entry.id
        at = entry.at
        actor = entry.actor
        action = entry.action
        subject = entry.subject
        reason = entry.reason
        before = try entry.before.map { try WireJSON.decode(AuditedState.self, from: $0) }
        after = try entry.after.map { try WireJSON.decode(AuditedState.self, from: $0) }
        trace = entry.trace
    }
}

/// How something was before or after what was done to it: an object whose members depend on the action.
package struct AuditedState: Codable, Sendable, Equatable, SchemaProviding {
    package let value: JSONValue

    package init(_ value: JSONValue) {
        self.value = value
    }

    package init(from decoder: any Decoder) throws {
        value = try JSONValue(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        try value.encode(to: encoder)
    }

    package static var schema: Schema { Schema(.map, placeholder: AuditedState(.object([:]))) }
}

/// Lists what staff have done.
package enum ListAudit: Command {
    package struct Input: Codable, Sendable {
        /// Only what this account has done; `system` for what was done at the server's own machine.
        package let actor: AccountID?
        /// Only what was done to this account or thing.
        package let subject: Text<1, 64>?
        /// Only this command.
        package let action: Text<1, 64>?
        package let limit: PageLimit?
        package let after: PageCursor?
    }
    package typealias Output = Page<AuditView>

    package static let name = "audit.list"
    package static let route = RESTRoute.get("/v1/audit")
    package static let access = Access.roles([.developer, .godAdmin])
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Lists what staff have done, to whom, and why, the newest first."
    package static let example = Input(actor: nil, subject: nil, action: nil, limit: nil, after: nil)
}

extension CommandRegistry where Store.Snapshot: AuditReads {
    /// Registers the list of the audit log. There is no command that changes it.
    package mutating func registerAudit() {
        read(ListAudit.self) { input, _, snapshot in
            let limit = input.limit?.raw ?? 50
            let before = try input.after.map { cursor throws(Problem) in
                guard cursor.parts.count == 1 else { throw .invalid("/after", "must be a cursor that a list returned") }
                return AuditID(trusted: cursor.parts[0])
            }
            let entries = try snapshot.audit(
                AuditQuery(
                    actor: input.actor?.raw, subject: input.subject?.raw, action: input.action?.raw, before: before,
                    limit: limit + 1
                )
            )
            return try Page(entries, limit: limit, cursor: { PageCursor($0.id.raw) }, item: AuditView.init)
        }
    }
}

package import Foundation

package enum AuditKind: IdentifiedKind { package static let prefix = "au" }

/// Names an entry of the audit log.
package typealias AuditID = Identifier<AuditKind>

/// What a member of staff has done to somebody or something, kept for good: who, what, to whom, why, and how it was before
/// and after.
///
/// It names people by the identifiers of their accounts only, so that nothing in it has to be erased with an account.
package struct AuditEntry: Sendable, Equatable {
    /// In the order of time, as far as the clocks of instances agree.
    package let id: AuditID
    package let at: Timestamp
    /// An account, or `system` for what was done at the server's own machine.
    package let actor: String
    /// The command that did it, such as `staff.suspend`.
    package let action: String
    package let subject: String
    package let reason: String
    /// JSON; nil where there was nothing before.
    package let before: Data?
    /// JSON; nil where nothing is left.
    package let after: Data?
    package let trace: String

    package init(
        id: AuditID, at: Timestamp, actor: String, action: String, subject: String, reason: String, before: Data?,
        after: Data?, trace: String
    ) {
        self.id = id
        self.at = at
        self.actor = actor
        self.action = action
        self.subject = subject
        self.reason = reason
        self.before = before
        self.after = after
        self.trace = trace
    }
}

/// Which entries of the audit log are wanted; nil for any.
package struct AuditQuery: Sendable {
    package var actor: String?
    package var subject: String?
    package var action: String?
    /// Only entries before this one.
    package var before: AuditID?
    package var limit: Int

    package init(
        actor: String? = nil, subject: String? = nil, action: String? = nil, before: AuditID? = nil, limit: Int
    ) {
        self.actor = actor
        self.subject = subject
        self.action = action
        self.before = before
        self.limit = limit
    }
}

/// What can be read of the audit log.
package protocol AuditReads {
    /// The entries of a query, the newest first.
    func audit(_ query: AuditQuery) throws -> [AuditEntry]
}

/// What can be read of the event log.
package protocol EventReads {
    /// What has happened to a subject, the newest first.
    func events(of subject: String, before: EventID?, limit: Int) throws -> [StoredEvent]
}

/// An entry of the event log as the store keeps it.
package struct StoredEvent: Sendable, Equatable {
    package let id: EventID
    package let at: Timestamp
    package let kind: String
    package let actor: String
    package let subject: String
    /// JSON.
    package let data: Data
    package let trace: String

    package init(
        id: EventID, at: Timestamp, kind: String, actor: String, subject: String, data: Data, trace: String
    ) {
        self.id = id
        self.at = at
        self.kind = kind
        self.actor = actor
        self.subject = subject
        self.data = data
        self.trace = trace
    }
}

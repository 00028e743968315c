package import Foundation

/// What a handler works with: the transaction, who asks, and a list of what the world is to be told afterwards.
///
/// It lives inside one transaction on one thread, and never leaves it.
package final class Work<Transaction> {
    package let tx: Transaction
    package let context: CommandContext
    var effects = WorkEffects()

    package init(tx: Transaction, context: CommandContext) {
        self.tx = tx
        self.context = context
    }

    /// Appends to the event log, in this transaction.
    package func record(_ kind: String, subject: String, _ data: some Encodable) throws {
        effects.events.append(
            DomainEvent(
                kind: kind, actor: context.principal?.account.raw ?? "system", subject: subject,
                data: try WireJSON.encode(data), trace: context.trace
            )
        )
    }

    /// Appends to the event log what the command itself answers, which is encoded once for both.
    package func recordOutput(_ kind: String, subject: String) {
        effects.events.append(
            DomainEvent(
                kind: kind, actor: context.principal?.account.raw ?? "system", subject: subject, data: nil,
                trace: context.trace
            )
        )
    }

    /// Sends mail through the outbox: written in this transaction, sent after its commit.
    package func send(_ mail: OutgoingMail) {
        effects.mail.append(mail)
    }

    /// Tells a feed after the commit.
    package func publish(_ change: FeedChange) {
        effects.changes.append(change)
    }

    /// Ends the live sessions of an account after the commit, but for the one of the given epoch.
    package func endSessions(of account: AccountID, except epoch: Int?, reason: SessionEnd.Reason) {
        effects.endedSessions.append(SessionEnd(account: account, survivingEpoch: epoch, reason: reason))
    }

    /// Runs after the commit and before the answer; for what lives in memory and follows the store.
    package func afterCommit(_ action: @escaping @Sendable () -> Void) {
        effects.actions.append(action)
    }
}

/// What a unit of work leaves to be told after its commit.
package struct WorkEffects: Sendable {
    var events: [DomainEvent] = []
    var mail: [OutgoingMail] = []
    var changes: [FeedChange] = []
    var endedSessions: [SessionEnd] = []
    var actions: [@Sendable () -> Void] = []

    /// Puts the command's output where an event is to record it.
    mutating func complete(with output: Data) {
        for index in events.indices where events[index].data == nil { events[index].data = output }
    }
}

/// An entry of the event log: what happened, for reports and for whoever asks later.
package struct DomainEvent: Sendable {
    /// `subject.verb`, in the past.
    package let kind: String
    /// An account, or `system`.
    package let actor: String
    package let subject: String
    /// JSON; nil until the command's output is there, where that is what is recorded.
    package fileprivate(set) var data: Data?
    package let trace: String
}

/// A letter in the outbox.
package struct OutgoingMail: Sendable, Equatable {
    package let to: EmailAddress
    package let subject: String
    package let body: String

    package init(to: EmailAddress, subject: String, body: String) {
        self.to = to
        self.subject = subject
        self.body = body
    }
}

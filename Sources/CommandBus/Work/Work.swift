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
                id: context.makeID(), kind: kind, actor: context.principal?.account.raw ?? "system", subject: subject,
                data: try WireJSON.encode(data), trace: context.trace
            )
        )
    }

    /// Appends to the event log what the command itself answers, which is encoded once for both.
    package func recordOutput(_ kind: String, subject: String) {
        effects.events.append(
            DomainEvent(
                id: context.makeID(), kind: kind, actor: context.principal?.account.raw ?? "system", subject: subject,
                data: nil,
                trace: context.trace
            )
        )
    }

    /// Appends to the audit log, in this transaction: what a member of staff has done, and why.
    ///
    /// - Parameters:
    ///   - action: the name of the command.
    ///   - subject: to whom or what it was done.
    ///   - before: how it was; nil where there was nothing. No names and no addresses of people, and no secrets.
    ///   - after: how it is; nil where nothing is left.
    package func audit<State: Encodable>(
        _ action: String, subject: String, reason: String, before: State?, after: State?
    ) throws {
        effects.audit.append(
            AuditEntry(
                id: context.makeID(), at: context.now, actor: context.principal?.account.raw ?? "system", action: action,
                subject: subject, reason: reason, before: try before.map { try WireJSON.encode($0) },
                after: try after.map { try WireJSON.encode($0) }, trace: context.trace
            )
        )
    }

    /// Sends mail through the outbox: written in this transaction, sent after its commit.
    package func send(_ mail: OutgoingMail) {
        effects.mail.append(EnqueuedMail(reference: EnqueuedMail.reference(context.random), mail: mail))
    }

    /// Tells a feed after the commit.
    package func publish(_ change: FeedChange) {
        effects.changes.append(change)
    }

    /// Ends the live sessions of an account after the commit, but for the one of the given epoch.
    package func endSessions(of account: AccountID, except epoch: Int?, reason: SessionEnd.Reason) {
        effects.endedSessions.append(SessionEnd(account: account, survivingEpoch: epoch, reason: reason))
    }

    /// Has every instance read the settings anew, after the commit.
    package func settingsChanged() {
        effects.changedSettings = true
    }

    /// Is waited for after the commit, before the caller is answered; for what has to be settled elsewhere first, such as
    /// in a cache that instances share. It runs also if the caller has gone.
    package func beforeAnswer(_ action: @escaping @Sendable () async -> Void) {
        effects.settlements.append(action)
    }

    /// Runs after the commit and before the answer; for what lives in memory and follows the store.
    package func afterCommit(_ action: @escaping @Sendable () -> Void) {
        effects.actions.append(action)
    }
}

/// What a unit of work leaves to be told after its commit.
package struct WorkEffects: Sendable {
    var events: [DomainEvent] = []
    var audit: [AuditEntry] = []
    var mail: [EnqueuedMail] = []
    var changes: [FeedChange] = []
    var endedSessions: [SessionEnd] = []
    var changedSettings = false
    var actions: [@Sendable () -> Void] = []
    var settlements: [@Sendable () async -> Void] = []

    var news: WorkNews {
        WorkNews(
            changes: changes, endedSessions: endedSessions, hasMail: !mail.isEmpty, changedSettings: changedSettings
        )
    }

    /// Puts the command's output where an event is to record it.
    mutating func complete(with output: Data) {
        for index in events.indices where events[index].data == nil { events[index].data = output }
    }
}

/// An entry of the event log: what happened, for reports and for whoever asks later.
package struct DomainEvent: Sendable {
    /// In the order of time, as far as the clocks of instances agree.
    package let id: EventID
    /// `subject.verb`, in the past.
    package let kind: String
    /// An account, or `system`.
    package let actor: String
    package let subject: String
    /// JSON; nil until the command's output is there, where that is what is recorded.
    package fileprivate(set) var data: Data?
    package let trace: String
}

package enum EventKind: IdentifiedKind { package static let prefix = "ev" }

/// Names an entry of the event log.
package typealias EventID = Identifier<EventKind>

/// A letter as it is put into the outbox.
package struct EnqueuedMail: Sendable, Equatable {
    /// What every copy of the letter is called by, so that a receiver can tell a second delivery: 32 letters.
    package let reference: String
    package let mail: OutgoingMail

    package init(reference: String, mail: OutgoingMail) {
        self.reference = reference
        self.mail = mail
    }

    /// A new reference: letters only, as digits in it could be taken for the code in the letter.
    package static func reference(_ random: any RandomSource) -> String {
        String(decoding: random.bytes(16).flatMap { [97 + $0 >> 4, 97 + $0 & 15] }, as: UTF8.self)
    }
}

/// A letter to be sent.
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

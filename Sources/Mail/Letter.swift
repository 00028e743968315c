package import CommandBus

/// A letter of the outbox, on its way out.
package struct Letter: Sendable, Equatable {
    /// The place in the outbox.
    package let id: Int64
    /// What every copy of this letter is called by, so that a receiver can tell a second delivery: 32 letters.
    package let reference: String
    package let mail: OutgoingMail
    package let queuedAt: Timestamp
    /// How often it was tried before.
    package let attempts: Int

    package init(id: Int64, reference: String, mail: OutgoingMail, queuedAt: Timestamp, attempts: Int) {
        self.id = id
        self.reference = reference
        self.mail = mail
        self.queuedAt = queuedAt
        self.attempts = attempts
    }
}

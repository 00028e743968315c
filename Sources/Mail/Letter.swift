package import CommandBus

/// A letter of the outbox, on its way out.
package struct Letter: Sendable, Equatable {
    /// What every copy of this letter is called by, so that a receiver can tell a second delivery: 32 letters.
    package let reference: String
    package let mail: OutgoingMail
    package let queuedAt: Timestamp
    /// How often it was taken before.
    package let attempts: Int

    package init(reference: String, mail: OutgoingMail, queuedAt: Timestamp, attempts: Int) {
        self.reference = reference
        self.mail = mail
        self.queuedAt = queuedAt
        self.attempts = attempts
    }
}

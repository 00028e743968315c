package import CommandBus
package import Cryptography

/// The right to finish something that a code has opened. Whoever holds its token has shown that the mailbox is theirs; it
/// is good once.
package struct Grant: Sendable, Equatable {
    package enum Purpose: String, Sendable, CaseIterable {
        case registration
        case passwordReset = "password_reset"
    }

    /// The hash of the token.
    package let token: Digest256
    package let purpose: Purpose
    package let address: EmailAddress
    /// Nil for a registration.
    package let account: AccountID?
    package let expiresAt: Timestamp

    package init(
        token: Digest256, purpose: Purpose, address: EmailAddress, account: AccountID?, expiresAt: Timestamp
    ) {
        self.token = token
        self.purpose = purpose
        self.address = address
        self.account = account
        self.expiresAt = expiresAt
    }
}

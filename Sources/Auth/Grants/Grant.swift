package import CommandBus
package import Cryptography

/// The right to finish something that a code has opened. Whoever holds its token has shown that the mailbox is theirs; it
/// is good once; but for that to sign in, which opens nothing by itself.
package struct Grant: Sendable, Equatable {
    package enum Purpose: String, Sendable, CaseIterable {
        case registration
        case passwordReset = "password_reset"
        /// To try the password from a budget of one's own, after it was set by a mailed code: what strangers guess keeps
        /// nobody out who has just shown the mailbox.
        case signIn = "sign_in"
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

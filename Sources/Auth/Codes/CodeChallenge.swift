package import CommandBus
package import Cryptography

/// A one-time code that was sent by mail, as the store keeps it: everything about it but the code.
package struct CodeChallenge: Sendable, Equatable {
    /// The hash of the token under which the client answers.
    package let token: Digest256
    package let purpose: CodePurpose
    package let address: EmailAddress
    /// Whose account it is for; nil for a registration.
    package let account: AccountID?
    /// The keyed hash of the code.
    package let code: Digest256
    /// Wrong answers so far.
    package let failures: Int
    package let sentAt: Timestamp
    package let expiresAt: Timestamp
    package let isSpent: Bool

    package init(
        token: Digest256, purpose: CodePurpose, address: EmailAddress, account: AccountID?, code: Digest256,
        failures: Int = 0, sentAt: Timestamp, expiresAt: Timestamp, isSpent: Bool = false
    ) {
        self.token = token
        self.purpose = purpose
        self.address = address
        self.account = account
        self.code = code
        self.failures = failures
        self.sentAt = sentAt
        self.expiresAt = expiresAt
        self.isSpent = isSpent
    }
}

/// What a code is good for. A code of one purpose is worth nothing for another.
package enum CodePurpose: String, Sendable, CaseIterable {
    case registration
    case signIn = "sign_in"
}

/// The right to complete one registration: whoever holds its token has shown that the mailbox is theirs.
package struct RegistrationGrant: Sendable, Equatable {
    /// The hash of the token.
    package let token: Digest256
    package let address: EmailAddress
    package let expiresAt: Timestamp

    package init(token: Digest256, address: EmailAddress, expiresAt: Timestamp) {
        self.token = token
        self.address = address
        self.expiresAt = expiresAt
    }
}

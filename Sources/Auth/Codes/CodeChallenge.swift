package import CommandBus
package import Cryptography

/// A question that a one-time code answers, as the store keeps it: everything about it but the code.
package struct CodeChallenge: Sendable, Equatable {
    /// The hash of the token under which the client answers.
    package let token: Digest256
    package let purpose: CodePurpose
    package let factor: Factor
    /// Where the code was sent, or would have been.
    package let address: EmailAddress
    /// Whose account it is for; nil for a registration.
    package let account: AccountID?
    /// The session that asked for it, and that alone may answer it; nil where nobody is signed in.
    package let session: SessionID?
    /// The keyed hash of the code; that of no code where an authenticator app makes it.
    package let code: Digest256
    /// Wrong answers so far.
    package let failures: Int
    package let sentAt: Timestamp
    package let expiresAt: Timestamp
    package let isSpent: Bool

    package init(
        token: Digest256, purpose: CodePurpose, factor: Factor, address: EmailAddress, account: AccountID?,
        session: SessionID? = nil, code: Digest256, failures: Int = 0, sentAt: Timestamp, expiresAt: Timestamp,
        isSpent: Bool = false
    ) {
        self.token = token
        self.purpose = purpose
        self.factor = factor
        self.address = address
        self.account = account
        self.session = session
        self.code = code
        self.failures = failures
        self.sentAt = sentAt
        self.expiresAt = expiresAt
        self.isSpent = isSpent
    }
}

/// Where the code of a challenge comes from.
package enum Factor: String, WireEnum {
    /// It was sent to the account's address.
    case mail
    /// An authenticator app shows it (RFC 6238), or it is one of the recovery codes.
    case authenticator
}

/// What a code is good for. A code of one purpose is worth nothing for another.
package enum CodePurpose: String, Sendable, CaseIterable {
    case registration
    case passwordReset = "password_reset"
    case signIn = "sign_in"
    /// Shows that a new address is one's own.
    case newAddress = "new_address"
    case emailChange = "email_change"
    case passwordChange = "password_change"
    case accountDeletion = "account_deletion"
    case staffChange = "staff_change"
    case authenticatorChange = "authenticator_change"
    case riderChange = "rider_change"

    package var budget: CodeBudget {
        switch self {
        case .registration, .passwordReset, .newAddress: .strangers
        case .signIn: .owner
        case .emailChange, .passwordChange, .accountDeletion, .staffChange, .authenticatorChange, .riderChange: .session
        }
    }
}

/// Whose doing the codes of an address are. The mails of an address, and the wrong answers to them, are counted in three
/// budgets: were there one, whoever knows an address could use it up, and keep its owner from signing in.
package enum CodeBudget: String, Sendable, CaseIterable {
    /// Anybody can ask for these.
    case strangers
    /// These are asked for by whoever has the password.
    case owner
    /// These are asked for by whoever has a session: one that was stolen must not keep the owner from signing in anew.
    case session

    package var purposes: [CodePurpose] { CodePurpose.allCases.filter { $0.budget == self } }
}

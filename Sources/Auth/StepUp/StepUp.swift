package import CommandBus

/// What a step-up is for. Each is good for one command of its kind.
package enum StepUpPurpose: String, WireEnum {
    case emailChange = "email_change"
    case passwordChange = "password_change"
    case accountDeletion = "account_deletion"
    case staffChange = "staff_change"
    case authenticatorChange = "authenticator_change"
    case riderChange = "rider_change"

    /// The codes that pass it.
    var codes: CodePurpose {
        switch self {
        case .emailChange: .emailChange
        case .passwordChange: .passwordChange
        case .accountDeletion: .accountDeletion
        case .staffChange: .staffChange
        case .authenticatorChange: .authenticatorChange
        case .riderChange: .riderChange
        }
    }

    /// What codes of a purpose pass; nil if they pass nothing.
    init?(passedBy codes: CodePurpose) {
        guard let purpose = Self.allCases.first(where: { $0.codes == codes }) else { return nil }
        self = purpose
    }

    /// Whether accounts of a role have a command that asks for it.
    func isOpen(to role: Role) -> Bool {
        switch self {
        case .emailChange, .passwordChange, .accountDeletion: true
        case .staffChange: role == .godAdmin
        case .authenticatorChange: role != .rider
        case .riderChange: role == .developer || role == .godAdmin
        }
    }
}

/// The right of one session to use one command that needs a fresh proof of who is there. It is used up by the command.
package struct StepUp: Sendable, Equatable {
    package let session: SessionID
    package let purpose: StepUpPurpose
    package let account: AccountID
    package let expiresAt: Timestamp

    package init(session: SessionID, purpose: StepUpPurpose, account: AccountID, expiresAt: Timestamp) {
        self.session = session
        self.purpose = purpose
        self.account = account
        self.expiresAt = expiresAt
    }
}

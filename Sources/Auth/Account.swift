package import CommandBus

/// A person as the server knows them.
package struct Account: Sendable, Equatable {
    package let id: AccountID
    /// One mailbox, one account.
    package let email: EmailAddress
    package let name: String
    /// The operator's own number of a rider; staff have none.
    package let rollNumber: String?
    package let role: Role
    package let state: AccountState
    /// The password's hash, with its salt and costs, as a PHC string.
    package let passwordHash: String
    /// How often a session was opened or ended. Only a session of this epoch can be alive.
    package let sessionEpoch: Int
    package let createdAt: Timestamp

    package init(
        id: AccountID, email: EmailAddress, name: String, rollNumber: String?, role: Role, state: AccountState = .active,
        passwordHash: String, sessionEpoch: Int = 0, createdAt: Timestamp
    ) {
        self.id = id
        self.email = email
        self.name = name
        self.rollNumber = rollNumber
        self.role = role
        self.state = state
        self.passwordHash = passwordHash
        self.sessionEpoch = sessionEpoch
        self.createdAt = createdAt
    }

    /// The same account with some of it changed; nil for what stays.
    func changed(
        email: EmailAddress? = nil, name: String? = nil, rollNumber: String? = nil, role: Role? = nil,
        state: AccountState? = nil, passwordHash: String? = nil
    ) -> Account {
        Account(
            id: id, email: email ?? self.email, name: name ?? self.name, rollNumber: rollNumber ?? self.rollNumber,
            role: role ?? self.role, state: state ?? self.state, passwordHash: passwordHash ?? self.passwordHash,
            sessionEpoch: sessionEpoch, createdAt: createdAt
        )
    }
}

/// Whether an account may be used.
package enum AccountState: String, WireEnum {
    case active
    /// Shut by staff, and can be opened again.
    case suspended
    /// Shut for good.
    case closed
}

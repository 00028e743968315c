import Auth
import CommandBus
import Support

/// Accounts and what belongs to them, as tests of the store need them.
extension StoreFixture {
    /// Makes an account.
    @discardableResult
    func addAccount(
        _ name: String, role: Role = .rider, state: AccountState = .active, rollNumber: String? = nil
    ) async throws -> Account {
        let account = Account(
            id: AccountID(trusted: "a_\(name)"), email: EmailAddress(trusted: "\(name)@example.com"), name: name,
            rollNumber: rollNumber, role: role, state: state, passwordHash: "none", createdAt: clock.now()
        )
        try await work { work in try work.tx.insert(account) }
        return account
    }
}

extension Account {
    /// The same account with some of it changed.
    func with(
        email: String? = nil, name: String? = nil, rollNumber: String?? = nil, role: Role? = nil,
        state: AccountState? = nil, passwordHash: String? = nil
    ) -> Account {
        Account(
            id: id, email: email.map(EmailAddress.init(trusted:)) ?? self.email, name: name ?? self.name,
            rollNumber: rollNumber ?? self.rollNumber, role: role ?? self.role, state: state ?? self.state,
            passwordHash: passwordHash ?? self.passwordHash, sessionEpoch: sessionEpoch, createdAt: createdAt
        )
    }
}

/// An instant so many milliseconds after the beginning.
func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

package import CommandBus

/// Makes god admins at the server's own machine: the first one, or one more where no other can sign in. Whoever sits there
/// could change the store by hand, so nobody else is asked.
package struct StaffFoundation: Sendable {
    let email: EmailAddress
    let name: String

    package init(email: EmailAddress, name: Text<1, 80>) {
        self.email = email
        self.name = name.raw
    }

    /// Checks a password by the rules of everybody's passwords.
    ///
    /// - Parameter serviceName: what the service is called, which is no password for it.
    /// - Throws: ``RuleViolation``, in words for a person.
    package func check(_ password: NewPassword, serviceName: String) throws(RuleViolation) {
        if let weakness = password.weakness(address: email, words: [serviceName, "farebus", name]) {
            throw RuleViolation(weakness)
        }
    }

    /// Makes the account; the audit log says that it was made by nobody who is known here.
    ///
    /// - Parameter passwordHash: the hash of a password that was checked.
    /// - Throws: ``Problem/Code/accountExists``.
    package func make(passwordHash: String, in work: Work<some AccountRecords & WorkRecords>) throws -> AccountID {
        guard try work.tx.account(email: email) == nil else {
            throw Problem(.accountExists, "There is an account with the address \(email) already.")
        }
        let account = Account(
            id: work.context.makeID(), email: email, name: name, rollNumber: nil, role: .godAdmin,
            passwordHash: passwordHash, createdAt: work.context.now
        )
        try work.tx.insert(account)
        try work.record("account.created", subject: account.id.raw, AccountEvent(role: account.role))
        try work.audit(
            "admin.create-god", subject: account.id.raw, reason: "made at the server's own machine", before: nil,
            after: StaffState(account)
        )
        return account.id
    }
}

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

    /// Refuses an address that has an account, before its owner has thought of a password.
    ///
    /// - Throws: ``Problem/Code/accountExists``.
    package func checkAddress(in reads: some AccountReads) throws {
        if let taken = try reads.account(email: email) { throw Problem.addressTaken(by: taken) }
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

    /// Makes the account; the audit log says that it was made by nobody who is known here, and the other god admins are told.
    ///
    /// - Parameters:
    ///   - passwordHash: the hash of a password that was checked.
    ///   - configuration: what the letters say.
    /// - Throws: ``Problem/Code/accountExists``.
    package func make(
        passwordHash: String, configuration: AuthConfiguration, in work: Work<some AccountRecords & WorkRecords>
    ) throws -> AccountID {
        try checkAddress(in: work.tx)
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
        try AccountLetters(configuration).tellGodAdmins(from: nil, to: account, in: work)
        return account.id
    }
}

extension Problem {
    /// Why nobody can be appointed with an address.
    static func addressTaken(by account: Account) -> Problem {
        Problem(
            .accountExists,
            account.role == .rider
                ? "This address belongs to a rider's account already. That has to be deleted first, or use another address."
                : "There is a member of staff with this e-mail address already."
        )
    }
}

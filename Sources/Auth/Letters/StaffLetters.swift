import CommandBus

/// What members of staff are told about their accounts.
extension AccountLetters {
    func appointed(_ account: Account) -> OutgoingMail {
        letter(
            to: account, subject: "You are \(account.role.inWords) of \(serviceName)",
            """
            You were appointed \(account.role.inWords) of \(serviceName).

            Your account has this address and no password yet. To choose one,
            ask for a password reset with this address: you get a code by mail.
            Then sign in.

            If you did not expect this, ignore this letter.
            """
        )
    }

    func roleChanged(_ account: Account) -> OutgoingMail {
        letter(
            to: account, subject: "You are \(account.role.inWords) of \(serviceName)",
            """
            Your account at \(serviceName) has another role now: \(account.role.inWords).

            \(wayIn(of: account, else: "You were signed out. Sign in again to go on;\nevery device needs a code then."))
            If you did not expect this, ask whoever runs \(serviceName).
            """
        )
    }

    func staffSuspended(_ account: Account) -> OutgoingMail {
        letter(
            to: account, subject: "Your account at \(serviceName) is suspended",
            """
            Your account at \(serviceName) was suspended, and its session has ended.

            Until it is reinstated nobody can sign in with it.
            If you did not expect this, ask whoever runs \(serviceName).
            """
        )
    }

    func staffReinstated(_ account: Account) -> OutgoingMail {
        letter(
            to: account, subject: "Your account at \(serviceName) is open again",
            """
            Your account at \(serviceName) was reinstated.

            \(wayIn(of: account, else: "You can sign in again; every device needs a code then."))
            """
        )
    }

    func staffRevoked(_ account: Account) -> OutgoingMail {
        letter(
            to: account, subject: "Your account at \(serviceName) is closed",
            """
            Your account at \(serviceName) was closed for good, and you were signed out.

            Your name and this address were erased from it. This is the last
            letter that it gets.
            """
        )
    }

    /// To another god admin, when there is one more.
    func godAdminMade(_ id: AccountID, to address: EmailAddress) -> OutgoingMail {
        godAdminsChanged(to: address, "There is one more god admin of \(serviceName), with the account\n\(id).")
    }

    /// To another god admin, when there is one less.
    func godAdminGone(_ id: AccountID, to address: EmailAddress) -> OutgoingMail {
        godAdminsChanged(to: address, "A god admin of \(serviceName) is none any more, with the account\n\(id).")
    }

    /// It names nobody: the letter may lie about longer than the account.
    private func godAdminsChanged(to address: EmailAddress, _ change: String) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "The god admins of \(serviceName) have changed",
            body: """
                \(change)

                The list of the staff (staff.list) has who it is, and the audit log
                who has done it, and why. If you did not expect this, see to it
                at once: a god admin can do everything.

                """
        )
    }

    /// How somebody gets into an account, as far as something is in the way.
    private func wayIn(of account: Account, else open: String) -> String {
        if account.state == .suspended { return "It is suspended: until it is reinstated nobody can sign in with it." }
        guard account.hasPassword else {
            return """
                It has no password yet. To choose one, ask for a password reset
                with this address: you get a code by mail. Then sign in.
                """
        }
        return open
    }

    private func letter(to account: Account, subject: String, _ text: String) -> OutgoingMail {
        OutgoingMail(to: account.email, subject: subject, body: text + "\n")
    }
}

extension Role {
    /// What people call it.
    fileprivate var inWords: String {
        switch self {
        case .rider: "rider"
        case .conductor: "conductor"
        case .developer: "developer"
        case .godAdmin: "god admin"
        }
    }
}

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

            You were signed out. Sign in again to go on.
            If you did not expect this, ask whoever runs \(serviceName).
            """
        )
    }

    func staffSuspended(_ account: Account) -> OutgoingMail {
        letter(
            to: account, subject: "Your account at \(serviceName) is suspended",
            """
            Your account at \(serviceName) was suspended, and you were signed out.

            Until it is reinstated nobody can sign in with it.
            If you did not expect this, ask whoever runs \(serviceName).
            """
        )
    }

    func staffReinstated(_ account: Account) -> OutgoingMail {
        letter(
            to: account, subject: "Your account at \(serviceName) is open again",
            """
            Your account at \(serviceName) was reinstated. You can sign in again.
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

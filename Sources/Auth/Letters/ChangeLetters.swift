import CommandBus

// The letters that tell the owner of an account what has become of it. They carry no codes and no names.
extension AccountLetters {
    /// In place of the code, to an address that is another account's.
    func newAddressTaken(to address: EmailAddress) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "Your account at \(serviceName)",
            body: """
                Somebody, probably you, wants to use this address
                for another account at \(serviceName).

                There is an account with it already, so nothing was changed.
                If it was not you, ignore this letter.

                """
        )
    }

    /// To the address that an account had until now.
    func addressChanged(to address: EmailAddress) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "Your address at \(serviceName) was changed",
            body: """
                Your account at \(serviceName) has another e-mail address now.
                This is the last letter about it to this one.

                If it was not you, tell the operator at once.

                """
        )
    }

    /// To whoever has closed the account, or whose account was closed by staff.
    ///
    /// - Parameter bequest: what was in the wallet; nil where nothing was.
    func farewell(to address: EmailAddress, leaving bequest: Bequest?) -> OutgoingMail {
        let money = bequest.map { "\n\($0.inWords)\n" } ?? ""
        return OutgoingMail(
            to: address, subject: "Your account at \(serviceName) was deleted",
            body: """
                Your account at \(serviceName) was deleted, and with it your name,
                your address and everything else that says who you are.
                Past bookings and payments are kept under a number.
                \(money)
                You can register again at any time: it will be a new account.
                If it was not you, tell the operator at once.

                """
        )
    }

    /// To the rider who was given the money of an account that is deleted.
    func inherited(_ money: Money, to address: EmailAddress) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "Money was left to you at \(serviceName)",
            body: """
                A rider whose account at \(serviceName) was deleted has left you
                what was in its wallet: \(money.inWords). It is in yours now.

                """
        )
    }

    /// To the address that a rider had until staff gave the account another one.
    func addressReplaced(to address: EmailAddress) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "Your address at \(serviceName) was changed",
            body: """
                The operator of \(serviceName) has given your account another
                e-mail address. This is the last letter about it to this one.

                If you did not ask for it, tell the operator at once.

                """
        )
    }

    /// To the address that staff have given to the account of a rider.
    func addressGiven(to account: Account) -> OutgoingMail {
        let wayIn =
            account.state == .suspended
            ? "It is suspended: nobody can sign in until it is reinstated."
            : "Sign in with it and your password; every device needs a code then."
        return OutgoingMail(
            to: account.email, subject: "Your address at \(serviceName) was changed",
            body: """
                The operator of \(serviceName) has given your account this address.

                \(wayIn)
                If you don't know the password, ask for a password reset.

                If you did not ask for it, tell the operator at once.

                """
        )
    }

    func riderSuspended(to address: EmailAddress) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "Your account at \(serviceName) was suspended",
            body: """
                The operator of \(serviceName) has suspended your account.
                You can't sign in until it is reinstated. Your bookings and
                your money are kept.

                Ask the operator for the reason.

                """
        )
    }

    func riderReinstated(to address: EmailAddress) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "Your account at \(serviceName) can be used again",
            body: """
                The operator of \(serviceName) has reinstated your account.
                You can sign in again; every device needs a code then.

                """
        )
    }
}

extension Bequest {
    /// What became of it, for whoever left it. It names nobody.
    fileprivate var inWords: String {
        switch heir {
        case .theOperator: "What was in your wallet, \(money.inWords), went to the operator."
        case .rider: "What was in your wallet, \(money.inWords), went to another rider."
        }
    }
}

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
    func farewell(to address: EmailAddress) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "Your account at \(serviceName) was deleted",
            body: """
                Your account at \(serviceName) was deleted, and with it your name,
                your address and everything else that says who you are.
                Past bookings and payments are kept under a number.

                You can register again at any time: it will be a new account.
                If it was not you, tell the operator at once.

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
                You can sign in again.

                """
        )
    }
}

import CommandBus

/// The letters that carry codes. The code has a line of its own, and is never in the subject, which shows on locked screens.
struct CodeLetters: Sendable {
    let serviceName: String
    let minutes: Int

    init(_ configuration: AuthConfiguration) {
        serviceName = configuration.serviceName
        minutes = configuration.codes.lifetime / 60
    }

    func registration(to address: EmailAddress, _ code: OneTimeCode) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "Your code for \(serviceName)",
            body: """
                Welcome to \(serviceName).

                Your code to register is

                    \(code.raw)

                It is good for \(minutes) minutes and for one use.
                Nobody from \(serviceName) will ever ask you for it.
                If you did not ask to register, ignore this letter.

                """
        )
    }

    func accountExists(to address: EmailAddress) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "Your account at \(serviceName)",
            body: """
                Somebody, probably you, asked to register this address
                at \(serviceName).

                There is an account with it already: sign in with your password.
                If it was not you, ignore this letter. Nothing has changed.

                """
        )
    }

    func signIn(to address: EmailAddress, _ code: OneTimeCode) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "Your sign-in code for \(serviceName)",
            body: """
                Somebody, probably you, signs in to \(serviceName) on a new device,
                with the right password.

                The code to go on is

                    \(code.raw)

                It is good for \(minutes) minutes and for one use.
                Nobody from \(serviceName) will ever ask you for it.
                If it was not you, change your password.

                """
        )
    }
}

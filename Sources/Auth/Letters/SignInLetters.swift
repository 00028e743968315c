import CommandBus

/// The letters that tell of sign-ins.
extension AccountLetters {
    /// To staff who have signed in with a code of their app, on a device that was not remembered.
    func signedInWithApp(to address: EmailAddress) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "A sign-in to \(serviceName)",
            body: """
                Somebody, probably you, has signed in to your account at \(serviceName)
                on a new device, with your password and a code of your authenticator app.

                If it was not you, set a new password by password reset at once,
                and tell the operator.

                """
        )
    }
}

import CommandBus

/// The letters that tell people what has happened to their account.
struct AccountLetters: Sendable {
    let serviceName: String

    init(_ configuration: AuthConfiguration) {
        serviceName = configuration.serviceName
    }

    // MARK: - Registration

    /// In place of a code, to an address that somebody registers although it has an account.
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

    // MARK: - Passwords

    /// In place of a code, to an address without an account for which somebody wants a new password.
    func noAccount(to address: EmailAddress) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "A new password at \(serviceName)",
            body: """
                Somebody, probably you, asked for a new password
                at \(serviceName), with this address.

                There is no account with it: you may have used another address.
                If it was not you, ignore this letter. Nothing has changed.

                """
        )
    }

    /// - Parameter keepsDevice: whether the device on which it was changed is remembered.
    func passwordChanged(to address: EmailAddress, keepsDevice: Bool = false) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "Your password at \(serviceName) was changed",
            body: """
                The password of your account at \(serviceName) was changed.
                Every \(keepsDevice ? "other device" : "device") needs a code to sign in again.

                If it was not you, set a new password by password reset at once,
                and tell the operator.

                """
        )
    }
}

import CommandBus

/// The letters about authenticator apps.
extension AccountLetters {
    func authenticatorEnrolled(to address: EmailAddress) -> OutgoingMail {
        letter(
            to: address,
            """
            An authenticator app was enrolled for your account at \(serviceName).
            From now on its codes are asked for, and none are sent by mail.

            Keep the recovery codes where you find them without the phone.
            """
        )
    }

    func authenticatorRemoved(to address: EmailAddress) -> OutgoingMail {
        letter(
            to: address,
            """
            The authenticator app of your account at \(serviceName) was removed,
            and its recovery codes with it. From now on codes come by mail.
            """
        )
    }

    /// - Parameter left: how many recovery codes were not used yet.
    func recoveryCodeUsed(to address: EmailAddress, left: Int) -> OutgoingMail {
        let codes =
            switch left {
            case 0: "None is left: make new ones."
            case 1: "One is left: make new ones."
            default: "\(left) are left."
            }
        return letter(
            to: address,
            """
            A recovery code was used for your account at \(serviceName),
            in place of a code of your authenticator app.
            \(codes)
            """
        )
    }

    func recoveryCodesRenewed(to address: EmailAddress) -> OutgoingMail {
        letter(
            to: address,
            """
            New recovery codes were made for your account at \(serviceName).
            Those from before are no longer good.
            """
        )
    }

    private func letter(to address: EmailAddress, _ text: String) -> OutgoingMail {
        OutgoingMail(
            to: address, subject: "Your account at \(serviceName)",
            body: """
                \(text)

                If it was not you, change your password at once, and tell the operator.

                """
        )
    }
}

import CommandBus

/// The letters that carry codes. The code has a line of its own, and is never in the subject, which shows on locked screens.
struct CodeLetters: Sendable {
    let serviceName: String
    /// How long a code is good, in words.
    private let lifetime: String

    init(_ configuration: AuthConfiguration) {
        serviceName = configuration.serviceName
        let seconds = configuration.codes.lifetime
        lifetime =
            switch seconds {
            case 60: "1 minute"
            case _ where seconds % 60 == 0: "\(seconds / 60) minutes"
            default: "\(seconds) seconds"
            }
    }

    /// The letter with a code of any purpose.
    func letter(with code: OneTimeCode, for purpose: CodePurpose, to address: EmailAddress) -> OutgoingMail {
        let words = words(of: purpose)
        return OutgoingMail(
            to: address, subject: words.subject,
            body: """
                \(words.cause)

                \(words.lead)

                    \(code.raw)

                It is good for \(lifetime) and for one use.
                Nobody from \(serviceName) will ever ask you for it.
                \(words.otherwise)

                """
        )
    }

    private struct Words {
        let subject: String
        /// Why it comes.
        let cause: String
        let lead: String
        /// What to do if it was somebody else.
        let otherwise: String
    }

    private func words(of purpose: CodePurpose) -> Words {
        switch purpose {
        case .registration:
            Words(
                subject: "Your code for \(serviceName)", cause: "Welcome to \(serviceName).",
                lead: "Your code to register is", otherwise: "If you did not ask to register, ignore this letter."
            )
        case .passwordReset:
            Words(
                subject: "Your code for a new password at \(serviceName)",
                cause: "Somebody, probably you, asked for a new password\nat \(serviceName).",
                lead: "The code to set one is",
                otherwise: "If it was not you, ignore this letter. Nothing has changed."
            )
        case .newAddress:
            Words(
                subject: "Your code for \(serviceName)",
                cause: "Somebody, probably you, wants to use this address for an account\nat \(serviceName).",
                lead: "The code to confirm it is", otherwise: "If it was not you, ignore this letter. Nothing has changed."
            )
        case .signIn:
            Words(
                subject: "Your sign-in code for \(serviceName)",
                cause: "Somebody, probably you, signs in to \(serviceName) on a new device,\nwith the right password.",
                lead: "The code to go on is", otherwise: "If it was not you, change your password."
            )
        case .emailChange: confirmation(of: "change the e-mail address of your account")
        case .passwordChange: confirmation(of: "change your password")
        case .accountDeletion: confirmation(of: "delete your account")
        case .staffChange: confirmation(of: "change who the staff are")
        case .authenticatorChange: confirmation(of: "change the authenticator app of your account")
        case .riderChange: confirmation(of: "change the account of a rider")
        }
    }

    private func confirmation(of deed: String) -> Words {
        Words(
            subject: "Your code to confirm a change at \(serviceName)",
            cause: "Somebody who is signed in with your account at \(serviceName),\nprobably you, wants to \(deed).",
            lead: "The code to confirm it is",
            otherwise: "If it was not you, sign in, which ends every other session, and\nchange your password."
        )
    }
}

package import CommandBus

/// Begins to enrol an authenticator app.
package enum StartAuthenticator: Command {
    package typealias Input = NoInput
    package struct Output: Codable, Sendable {
        /// In base 32, for typing into the app; told once.
        package let secret: String
        /// The same with all that the app needs, for a link on the phone itself.
        package let uri: String
        /// The URI as a QR code: an SVG document.
        package let qr: String
    }

    package static let name = "authenticator.start"
    package static let route = RESTRoute.post("/v1/me/authenticator")
    package static let access = Access.staff
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.none
    package static let status = 201
    package static let summary = """
        Makes the secret for an authenticator app, as text, link and QR code. It is a factor once it is confirmed, within \
        10 minutes; an app that is confirmed has to be removed before. Needs a step-up for authenticator_change.
        """
    package static let example = NoInput()
    package static let problems: [Problem.Code] = [.stepUpRequired, .authenticatorExists]
}

/// Makes the authenticator app the second factor.
package enum ConfirmAuthenticator: Command {
    package struct Input: Codable, Sendable {
        /// What the app shows now.
        package let code: AuthenticatorCode
    }
    package typealias Output = RecoveryCodesView

    package static let name = "authenticator.confirm"
    package static let route = RESTRoute.post("/v1/me/authenticator/confirm")
    package static let access = Access.staff
    package static let cost = CostClass.credential
    package static let idempotency = IdempotencyRule.none
    package static let summary = """
        Takes a code of the app that is being enrolled, which is the second factor from then on, and answers the recovery \
        codes.
        """
    package static var example: Input { Input(code: .example("123456")) }
    package static let problems: [Problem.Code] = [.invalidCode, .noAuthenticator, .authenticatorExists, .tooManyGuesses]
}

/// Shows whether there is an authenticator app.
package enum ShowAuthenticator: Command {
    package typealias Input = NoInput
    package struct Output: Codable, Sendable {
        /// Whether the second factor is the app; if not, it is mail.
        package let enrolled: Bool
        package let confirmedAt: Timestamp?
        package let recoveryCodesLeft: Int
    }

    package static let name = "authenticator.show"
    package static let route = RESTRoute.get("/v1/me/authenticator")
    package static let access = Access.staff
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Shows whether an authenticator app is enrolled, and how many recovery codes are left."
    package static let example = NoInput()
}

/// Removes the authenticator app.
package enum RemoveAuthenticator: Command {
    package typealias Input = NoInput
    package typealias Output = NoOutput

    package static let name = "authenticator.remove"
    package static let route = RESTRoute.delete("/v1/me/authenticator")
    package static let access = Access.staff
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.none
    package static let status = 204
    package static let summary = """
        Removes the authenticator app and its recovery codes: the second factor is mail again. Needs a step-up for \
        authenticator_change.
        """
    package static let example = NoInput()
    package static let problems: [Problem.Code] = [.stepUpRequired, .noAuthenticator]
}

/// Exchanges all recovery codes.
package enum RenewRecoveryCodes: Command {
    package typealias Input = NoInput
    package typealias Output = RecoveryCodesView

    package static let name = "authenticator.recovery.renew"
    package static let route = RESTRoute.post("/v1/me/authenticator/recovery-codes")
    package static let access = Access.staff
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Makes new recovery codes; the old ones are dead. Needs a step-up for authenticator_change."
    package static let example = NoInput()
    package static let problems: [Problem.Code] = [.stepUpRequired, .noAuthenticator]
}

/// Recovery codes as they are shown, once.
package struct RecoveryCodesView: Codable, Sendable {
    /// Each is good once, in place of a code of the app.
    package let recoveryCodes: [String]

    init(_ codes: [RecoveryCode]) {
        recoveryCodes = codes.map(\.text)
    }
}

extension Access {
    /// Everybody but riders and those who are not signed in.
    fileprivate static let staff = Access.roles([.conductor, .developer, .godAdmin])
}

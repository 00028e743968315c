package import CommandBus

/// Signs in with a password.
package enum OpenSession: Command {
    package struct Input: Codable, Sendable {
        package let email: SignInName
        package let password: ShownPassword
        /// What the last sign-in on this device answered: a device that has passed the second factor needs it no more.
        package let device: DeviceSecret?
    }
    package typealias Output = SessionView

    package static let name = "session.open"
    package static let route = RESTRoute.post("/v1/sessions")
    package static let access = Access.anyone
    package static let cost = CostClass.credential
    package static let idempotency = IdempotencyRule.none
    package static let availability = Availability.always
    package static let summary = """
        Signs in. On a device that is not known yet, the answer is a challenge for the code that was sent by mail, or that \
        an authenticator app shows.
        """
    package static let problems: [Problem.Code] = [
        .invalidCredentials, .accountSuspended, .tooManyMails, .tooManyGuesses, .signInBusy, .maintenance,
    ]
    package static var example: Input {
        Input(email: .example("rider@example.com"), password: .example, device: .example)
    }
}

/// Takes the second factor of a sign-in.
package enum VerifySession: Command {
    package struct Input: Codable, Sendable {
        package let challenge: ShownToken
        package let code: FactorCode
        /// Whether the device is to be remembered as one that has passed the second factor: the answer then has the secret
        /// for its next sign-in.
        package let remember: Bool?
    }
    package typealias Output = SessionView

    package static let name = "session.verify"
    package static let route = RESTRoute.post("/v1/sessions/verify")
    package static let access = Access.anyone
    package static let cost = CostClass.credential
    package static let idempotency = IdempotencyRule.none
    package static let availability = Availability.always
    package static let summary = "Takes the second factor of a sign-in, and signs in."
    package static let problems: [Problem.Code] = [
        .invalidCode, .codeExpired, .tooManyTries, .tooManyGuesses, .accountSuspended, .maintenance,
    ]
    package static var example: Input { Input(challenge: .example, code: .example, remember: true) }
}

/// Shows the session of the token.
package enum ShowSession: Command {
    package typealias Input = NoInput
    package typealias Output = SessionView

    package static let name = "session.show"
    package static let route = RESTRoute.get("/v1/sessions/current")
    package static let access = Access.signedIn
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Shows whose session this is and how long it lasts."
    package static let example = NoInput()
}

/// Exchanges the token for a new one with a new term.
package enum RefreshSession: Command {
    package typealias Input = NoInput
    package typealias Output = SessionView

    package static let name = "session.refresh"
    package static let route = RESTRoute.post("/v1/sessions/current/refresh")
    package static let access = Access.signedIn
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.none
    package static let availability = Availability.always
    package static let summary =
        "Exchanges the session's token for a new one; the old one is dead. A rider's session lasts its whole term from then on."
    package static let example = NoInput()
}

/// Signs out.
package enum CloseSession: Command {
    package typealias Input = NoInput
    package typealias Output = NoOutput

    package static let name = "session.close"
    package static let route = RESTRoute.delete("/v1/sessions/current")
    package static let access = Access.signedIn
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.none
    package static let availability = Availability.always
    package static let status = 204
    package static let summary = "Signs out: ends the session, its sockets and its streams."
    package static let example = NoInput()
}

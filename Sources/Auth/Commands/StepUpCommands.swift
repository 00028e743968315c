package import CommandBus

/// Begins a step-up: asks for the second factor once more.
package enum StartStepUp: Command {
    package struct Input: Codable, Sendable {
        package let purpose: StepUpPurpose
    }
    package struct Output: Codable, Sendable {
        /// What to answer to with the code.
        package let challenge: String
        /// Where the code comes from.
        package let factor: Factor
        package let expiresAt: Timestamp
    }

    package static let name = "stepup.start"
    package static let route = RESTRoute.post("/v1/step-ups")
    package static let access = Access.signedIn
    package static let cost = CostClass.credential
    package static let idempotency = IdempotencyRule.none
    // Staff need it for what they do in maintenance.
    package static let availability = Availability.always
    package static let status = 202
    package static let summary = """
        Asks for the second factor once more, before a command that needs it: by mail, or of the authenticator app.
        """
    package static let example = Input(purpose: .passwordChange)
    package static let problems: [Problem.Code] = [.notAllowed, .tooManyMails, .maintenance]
}

/// Takes the second factor of a step-up.
package enum VerifyStepUp: Command {
    package struct Input: Codable, Sendable {
        package let challenge: ShownToken
        package let code: FactorCode
    }
    package struct Output: Codable, Sendable {
        package let purpose: StepUpPurpose
        /// Until when the session may use one command of the purpose.
        package let expiresAt: Timestamp
    }

    package static let name = "stepup.verify"
    package static let route = RESTRoute.post("/v1/step-ups/verify")
    package static let access = Access.signedIn
    package static let cost = CostClass.credential
    package static let idempotency = IdempotencyRule.none
    package static let availability = Availability.always
    package static let summary = "Takes the second factor of a step-up: the session may then use one command that needs it."
    package static let example = Input(challenge: .example, code: .example)
    package static let problems: [Problem.Code] = [
        .invalidCode, .codeExpired, .tooManyTries, .tooManyGuesses, .maintenance,
    ]
}

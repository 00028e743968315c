package import CommandBus

/// Begins a registration: sends a code to the address.
package enum StartRegistration: Command {
    package struct Input: Codable, Sendable {
        /// An address; or, where the operator has named a domain for it, a bare user name.
        package let email: SignInName
    }
    package struct Output: Codable, Sendable {
        /// What to answer to with the code.
        package let challenge: String
        package let expiresAt: Timestamp
    }

    package static let name = "registration.start"
    package static let route = RESTRoute.post("/v1/registrations")
    package static let access = Access.anyone
    package static let cost = CostClass.credential
    package static let idempotency = IdempotencyRule.none
    package static let status = 202
    package static let summary = "Sends a one-time code to an address that is to be registered."
    package static let example = Input(email: .example)
    package static let problems: [Problem.Code] = [.tooManyMails]
}

/// Shows with the code that the mailbox is one's own.
package enum VerifyRegistration: Command {
    package struct Input: Codable, Sendable {
        package let challenge: ShownToken
        package let code: OneTimeCode
    }
    package struct Output: Codable, Sendable {
        /// What to complete the registration with, once.
        package let registration: String
        package let expiresAt: Timestamp
    }

    package static let name = "registration.verify"
    package static let route = RESTRoute.post("/v1/registrations/verify")
    package static let access = Access.anyone
    package static let cost = CostClass.credential
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Takes the one-time code of a registration."
    package static let example = Input(challenge: .example, code: .example)
    package static let problems: [Problem.Code] = [.invalidCode, .codeExpired, .tooManyTries, .tooManyGuesses]
}

/// Makes the account, its wallet and its first session.
package enum CompleteRegistration: Command {
    package struct Input: Codable, Sendable {
        package let registration: ShownToken
        package let name: Text<1, 80>
        package let rollNumber: Text<1, 40>
        package let password: NewPassword
        /// Whether the device is to be remembered as one that needs no second factor: the answer then has the secret for its
        /// next sign-in.
        package let remember: Bool?
    }
    package typealias Output = SessionView

    package static let name = "registration.complete"
    package static let route = RESTRoute.post("/v1/accounts")
    package static let access = Access.anyone
    package static let cost = CostClass.credential
    /// Its answer is a secret; that the registration is good once does what a key would.
    package static let idempotency = IdempotencyRule.none
    /// The welcome credit.
    package static let movesMoney = true
    package static let status = 201
    package static let summary = "Makes a rider's account and wallet, and signs in."
    package static let problems: [Problem.Code] = [.registrationExpired, .accountExists, .signInBusy]
    package static var example: Input {
        Input(
            registration: .example, name: .example("Asha Rao"), rollNumber: .example("2026-CS-042"), password: .example,
            remember: true
        )
    }
}

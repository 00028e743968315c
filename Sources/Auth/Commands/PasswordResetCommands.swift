package import CommandBus

/// Begins a password reset: sends a code to the address.
package enum StartPasswordReset: Command {
    package struct Input: Codable, Sendable {
        /// An address; or, where the operator has named a domain for it, a bare user name.
        package let email: SignInName
    }
    package struct Output: Codable, Sendable {
        /// What to answer to with the code.
        package let challenge: String
        package let expiresAt: Timestamp
    }

    package static let name = "password.reset.start"
    package static let route = RESTRoute.post("/v1/password-resets")
    package static let access = Access.anyone
    package static let cost = CostClass.credential
    package static let idempotency = IdempotencyRule.none
    package static let status = 202
    package static let summary = """
        Sends a one-time code for a new password. The answer is the same whether or not there is an account.
        """
    package static let example = Input(email: .example)
    package static let problems: [Problem.Code] = [.tooManyMails]
}

/// Shows with the code that the account's mailbox is one's own.
package enum VerifyPasswordReset: Command {
    package struct Input: Codable, Sendable {
        package let challenge: ShownToken
        package let code: OneTimeCode
    }
    package struct Output: Codable, Sendable {
        /// What to complete the reset with, once.
        package let reset: String
        package let expiresAt: Timestamp
    }

    package static let name = "password.reset.verify"
    package static let route = RESTRoute.post("/v1/password-resets/verify")
    package static let access = Access.anyone
    package static let cost = CostClass.credential
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Takes the one-time code of a password reset."
    package static let example = Input(challenge: .example, code: .example)
    package static let problems: [Problem.Code] = [.invalidCode, .codeExpired, .tooManyTries, .tooManyGuesses]
}

/// Sets the new password.
package enum CompletePasswordReset: Command {
    package struct Input: Codable, Sendable {
        package let reset: ShownToken
        package let password: NewPassword
    }
    package struct Output: Codable, Sendable {
        /// To be sent as `device` with the next sign-in, which nobody else's guesses keep out then. The second factor is due.
        package let device: String
        package let expiresAt: Timestamp
    }

    package static let name = "password.reset.complete"
    package static let route = RESTRoute.post("/v1/password-resets/complete")
    package static let access = Access.anyone
    package static let cost = CostClass.credential
    package static let idempotency = IdempotencyRule.none
    package static let summary = """
        Sets a new password, and ends the account's session; each device then needs the second factor again.
        """
    package static let example = Input(reset: .example, password: .example)
    package static let problems: [Problem.Code] = [.resetExpired, .signInBusy]
}

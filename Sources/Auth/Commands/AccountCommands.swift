package import CommandBus

/// One's own account on the wire.
package struct AccountView: Codable, Sendable {
    package let id: AccountID
    package let email: EmailAddress
    package let name: String
    package let rollNumber: String?
    package let role: Role
    package let state: AccountState
    package let createdAt: Timestamp
    /// Where the codes of the second factor come from.
    package let secondFactor: Factor
    /// When the session ends at the latest in which this was asked.
    package let sessionExpiresAt: Timestamp

    init(_ account: Account, secondFactor: Factor, session: Principal) {
        id = account.id
        email = account.email
        name = account.name
        rollNumber = account.rollNumber
        role = account.role
        state = account.state
        createdAt = account.createdAt
        self.secondFactor = secondFactor
        sessionExpiresAt = session.expiresAt
    }
}

/// Shows one's own account.
package enum ShowAccount: Command {
    package typealias Input = NoInput
    package typealias Output = AccountView

    package static let name = "account.show"
    package static let route = RESTRoute.get("/v1/me")
    package static let access = Access.signedIn
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Shows one's own account."
    package static let example = NoInput()
}

/// Changes one's own name or roll number.
package enum UpdateAccount: Command {
    package struct Input: Codable, Sendable {
        package let name: Text<1, 80>?
        /// Only riders have one.
        package let rollNumber: Text<1, 40>?
    }
    package typealias Output = AccountView

    package static let name = "account.update"
    package static let route = RESTRoute.patch("/v1/me")
    package static let access = Access.signedIn
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Changes one's own name, one's roll number, or both."
    package static var example: Input { Input(name: .example("Asha Rao"), rollNumber: .example("2026-CS-042")) }
}

/// Asks for another address: sends a code to it.
package enum ChangeEmail: Command {
    package struct Input: Codable, Sendable {
        package let email: EmailAddress
    }
    package struct Output: Codable, Sendable {
        /// What to answer to with the code.
        package let challenge: String
        package let expiresAt: Timestamp
    }

    package static let name = "account.email.change"
    package static let route = RESTRoute.put("/v1/me/email")
    package static let access = Access.signedIn
    package static let cost = CostClass.credential
    package static let idempotency = IdempotencyRule.none
    package static let status = 202
    package static let summary = "Sends a code to the address that one's account is to have, after a step-up."
    package static let example = Input(email: EmailAddress(trusted: "rider@example.org"))
    package static let problems: [Problem.Code] = [.stepUpRequired, .tooManyMails]
}

/// Shows with the code that the new address is one's own; from then on the account has it.
package enum ConfirmEmail: Command {
    package struct Input: Codable, Sendable {
        package let challenge: ShownToken
        package let code: OneTimeCode
    }
    package typealias Output = AccountView

    package static let name = "account.email.confirm"
    package static let route = RESTRoute.post("/v1/me/email/confirm")
    package static let access = Access.signedIn
    package static let cost = CostClass.credential
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Takes the code that was sent to a new address, and changes the account's address to it."
    package static let example = Input(challenge: .example, code: .example)
    package static let problems: [Problem.Code] = [
        .invalidCode, .codeExpired, .tooManyTries, .tooManyGuesses, .accountExists,
    ]
}

/// Changes one's own password. The session goes on under a new token, every other thing that knew the old password ends.
package enum ChangePassword: Command {
    package struct Input: Codable, Sendable {
        package let currentPassword: ShownPassword
        package let password: NewPassword
        /// Whether the device is to be remembered as one that needs no second factor: the answer then has the secret for its
        /// next sign-in.
        package let remember: Bool?
    }
    package typealias Output = SessionView

    package static let name = "account.password.change"
    package static let route = RESTRoute.put("/v1/me/password")
    package static let access = Access.signedIn
    package static let cost = CostClass.credential
    package static let idempotency = IdempotencyRule.none
    package static let summary = """
        Changes one's own password, after a step-up. The answer has a new token, the old one is dead, and every device \
        needs the second factor again, but for this one if 'remember' is true.
        """
    package static let problems: [Problem.Code] = [
        .stepUpRequired, .invalidCredentials, .tooManyGuesses, .signInBusy,
    ]
    package static var example: Input {
        Input(currentPassword: .example, password: .example("eleven buses at dusk"), remember: true)
    }
}

import CommandBus
import Cryptography
import Foundation
import Support
import Testing

@testable import Auth

/// A phone with an authenticator app that was given a secret, and a clock that is right.
struct Phone: Sendable {
    let secret: [UInt8]

    /// - Parameter typed: the secret as the server shows it.
    init(_ typed: String) throws {
        // Read by no code of the server's own.
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let bits = try typed.flatMap { character in
            let number = try #require(alphabet.firstIndex(of: character))
            return (0..<5).map { number >> (4 - $0) & 1 }
        }
        secret = stride(from: 0, to: bits.count / 8 * 8, by: 8).map { start in
            bits[start..<start + 8].reduce(0) { $0 << 1 | UInt8($1) }
        }
    }

    /// What it shows.
    ///
    /// - Parameter steps: by how many steps of 30 seconds its clock is ahead.
    func code(at now: Timestamp, ahead steps: Int64 = 0) -> String {
        let code = TimeCode()
        return code.code(of: code.step(at: now.milliseconds / 1000) + steps, secret: secret)
    }

    /// A code that it shows at no time near this one.
    func wrongCode(at now: Timestamp) -> String {
        let shown = Set((-3...3).map { code(at: now, ahead: $0) })
        return ["000000", "000001", "000002", "000003", "000004", "000005", "000006", "000007"]
            .first { !shown.contains($0) } ?? ""
    }
}

/// A member of staff with a session, and an app that is enrolled.
struct Enrolled: Sendable {
    let account: Account
    let token: String
    let phone: Phone
    let recoveryCodes: [String]
}

extension AuthHouse {
    /// A member of staff with a session.
    func staff(_ email: String, role: Role = .developer) async throws -> (account: Account, token: String) {
        let account = try await add(email, role: role)
        return (account, try await session(of: account))
    }

    /// Begins an enrolment, after a step-up by mail.
    func startAuthenticator(as token: String) async throws -> StartAuthenticator.Output {
        try await stepUp(.authenticatorChange, as: token)
        let output: StartAuthenticator.Output = try await send("authenticator.start", as: token).output()
        SecretWatch.learn(output.secret, .key)
        return output
    }

    func confirm(_ code: String, as token: String) async throws -> CommandReply {
        try await send("authenticator.confirm", ["code": code], as: token)
    }

    /// Makes a member of staff with an app. The step of now is used up by the confirmation.
    func enrolled(_ email: String, role: Role = .developer) async throws -> Enrolled {
        let (account, token) = try await staff(email, role: role)
        let phone = try Phone(try await startAuthenticator(as: token).secret)
        let view: RecoveryCodesView = try await confirm(phone.code(at: now), as: token).output()
        for code in view.recoveryCodes { SecretWatch.learn(code, .code) }
        return Enrolled(account: account, token: token, phone: phone, recoveryCodes: view.recoveryCodes)
    }

    var now: Timestamp { fixture.clock.now() }

    /// Shows a second factor as the desks that ask for one do.
    func accepts(_ code: String, of account: AccountID) async throws -> Bool {
        let (desk, code) = (service.authenticators, try FactorCode(refining: code))
        return try await fixture.work { work in try desk.accepts(code, of: account, in: work) }
    }

    /// What the server keeps of the app of an account.
    func app(of account: AccountID) async throws -> AuthenticatorApp? {
        try await fixture.read { try $0.authenticator(of: account) }
    }

    /// Shows the second factor once more for a command of a session, by what its app shows or a recovery code.
    func stepUp(_ purpose: StepUpPurpose, as token: String, with code: String) async throws -> CommandReply {
        let started: StartStepUp.Output = try await send("stepup.start", ["purpose": purpose.rawValue], as: token).output()
        #expect(started.factor == .authenticator)
        return try await send("stepup.verify", ["challenge": started.challenge, "code": code], as: token)
    }
}

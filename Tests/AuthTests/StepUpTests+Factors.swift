import CommandBus
import Cryptography
import Support
import Testing

@testable import Auth

@Suite("The second factor")
struct SecondFactorTests {
    private let email = "staff@example.com"

    @Test("Whoever has an authenticator app is asked for its code, and gets no letter, however often")
    func app() async throws {
        let house = try await AuthHouse()
        let (token, principal) = try await house.signedIn(email, role: .developer)
        let app = try await house.enrol(principal)
        let before = try await house.letters(to: email).count
        for _ in 0..<7 {
            let started = try await house.send("stepup.start", ["purpose": "email_change"], as: token)
            #expect(try started.output(StartStepUp.Output.self).factor == .authenticator)
        }
        house.fixture.clock.advance(seconds: 30)
        let challenge = try await house.startStepUp("email_change", as: token)
        let code = app.code(at: house.fixture.clock.now())
        #expect(try await house.verify(challenge, code, as: token).status == 200)
        try await house.spend(.emailChange, as: principal)
        #expect(try await house.letters(to: email).count == before)
        // Of those that were asked for before, none takes the code again.
        let again = try await house.startStepUp("email_change", as: token)
        #expect(try await house.verify(again, code, as: token).code == "invalid_code")
        // A recovery code does, however it is typed.
        let recovery = app.recoveryCodes[0].uppercased().replacing("-", with: "")
        #expect(try await house.verify(again, recovery, as: token).status == 200)
    }

    @Test("Five tries a challenge and ten a day hold for the app too")
    func tries() async throws {
        let house = try await AuthHouse()
        let (token, principal) = try await house.signedIn(email, role: .developer)
        let app = try await house.enrol(principal)
        house.fixture.clock.advance(seconds: 30)
        for wrongAnswers in [5, 4, 1] {
            let challenge = try await house.startStepUp("email_change", as: token)
            let wrong = app.wrongCode(at: house.fixture.clock.now())
            for number in 1...wrongAnswers {
                let reply = try await house.verify(challenge, wrong, as: token)
                #expect(reply.code == (number == 5 ? "code_expired" : "invalid_code"))
            }
        }
        let challenge = try await house.startStepUp("email_change", as: token)
        let right = try await house.verify(challenge, app.code(at: house.fixture.clock.now()), as: token)
        #expect(right.code == "too_many_tries")
    }

    @Test("A code of one factor is a wrong answer where the other is asked for")
    func otherFactor() async throws {
        let house = try await AuthHouse()
        let (token, principal) = try await house.signedIn(email, role: .developer)
        let mailed = try await house.startStepUp("email_change", as: token)
        let code = try await house.code(to: email)
        let app = try await house.enrol(principal)
        house.fixture.clock.advance(seconds: 30)
        #expect(try await house.verify(mailed, app.recoveryCodes[0], as: token).code == "invalid_code")
        let now = house.fixture.clock.now()
        #expect(try await house.verify(mailed, app.code(at: now), as: token).code == "invalid_code")
        let asked = try await house.startStepUp("email_change", as: token)
        #expect(try await house.verify(asked, code, as: token).code == "invalid_code")
        #expect(try await house.verify(asked, app.code(at: now), as: token).status == 200)
    }

    @Test("Questions to an app that was removed are dead ends, and hold up no letters")
    func removed() async throws {
        let house = try await AuthHouse()
        let (token, principal) = try await house.signedIn(email, role: .developer)
        let app = try await house.enrol(principal)
        var challenge = ""
        for _ in 0..<6 { challenge = try await house.startStepUp("email_change", as: token) }
        house.fixture.clock.advance(seconds: 30)
        let account = principal.account
        try await house.fixture.work { work in try work.tx.removeAuthenticator(of: account) }
        let now = house.fixture.clock.now()
        #expect(try await house.verify(challenge, app.code(at: now), as: token).code == "invalid_code")
        let started = try await house.send("stepup.start", ["purpose": "email_change"], as: token)
        #expect(try started.output(StartStepUp.Output.self).factor == .mail)
    }

    @Test(
        "What is shown: 8 digits, 6 digits, or a recovery code in either case, with or without its hyphen",
        arguments: [
            ("12345678", "12345678", FactorCode.Kind.mailed), ("000000", "000000", .authenticator),
            ("k7m2p-9xq4t", "k7m2p-9xq4t", .recovery), ("K7M2P-9XQ4T", "k7m2p-9xq4t", .recovery),
            ("k7m2p9xq4t", "k7m2p-9xq4t", .recovery), ("oOiIl-LabcD", "00111-1abcd", .recovery),
            ("0123456789", "01234-56789", .recovery),
        ]
    )
    func shown(raw: String, kept: String, kind: FactorCode.Kind) throws {
        let code = try FactorCode(refining: raw)
        #expect(code.raw == kept)
        #expect(code.kind == kind)
        #expect((code.mailed != nil) == (kind == .mailed))
        // What was read once is read again.
        #expect(try FactorCode(refining: code.raw) == code)
    }

    @Test(
        "What is no code",
        arguments: [
            "", "12345", "1234567", "123456789", "k7m2p_9xq4t", "k7m2p-9xq4", "k7m2p-9xq4tt", "k7m2-p9xq4t", "k7m2p-9xq4u",
            "１２３４５６", "١٢٣٤٥٦", " 123456", "123456\n", "k7m2p\u{2010}9xq4t", "\u{212A}7m2p-9xq4t", "12345 78",
        ]
    )
    func refused(raw: String) {
        #expect(throws: RuleViolation.self) { try FactorCode(refining: raw) }
        #expect(throws: RuleViolation.self) { try FactorCode(refining: raw + String(repeating: "7", count: 100_000)) }
    }

    @Test("Codes don't tell their text to a log")
    func secrecy() throws {
        let (code, shown) = (try OneTimeCode(refining: "12345678"), try FactorCode(refining: "12345678"))
        var dumped = ""
        dump(code, to: &dumped)
        dump(shown, to: &dumped)
        let written = "\(code) \(shown) \(String(reflecting: code)) \(String(reflecting: shown)) \(dumped)"
        #expect(!written.contains("2345"))
    }
}

/// An authenticator app, as somebody has it on their phone.
struct EnrolledApp: Sendable {
    let secret: [UInt8]
    let recoveryCodes: [String]

    func code(at now: Timestamp) -> String {
        AuthenticatorDesk.timeCode.code(of: step(at: now), secret: secret)
    }

    /// Six digits that the app shows at no time that would be taken.
    func wrongCode(at now: Timestamp) -> String {
        let near = Set((-1...1).map { AuthenticatorDesk.timeCode.code(of: step(at: now) + $0, secret: secret) })
        return ["000000", "000001", "000002", "000003"].first { !near.contains($0) } ?? "000004"
    }

    private func step(at now: Timestamp) -> Int64 {
        AuthenticatorDesk.timeCode.step(at: now.milliseconds / 1000)
    }
}

extension AuthHouse {
    /// Enrols and confirms an authenticator app, behind the commands' back.
    func enrol(_ principal: Principal) async throws -> EnrolledApp {
        let (desk, keys, now) = (service.authenticators, service.keys, fixture.clock.now())
        let secret = fixture.random.bytes(AuthenticatorDesk.secretByteCount)
        let codes = RecoveryCode.make(random: fixture.random)
        try await fixture.work { work in
            try work.tx.put(
                AuthenticatorApp(
                    account: principal.account,
                    sealedSecret: keys.seal(secret, of: principal.account, random: work.context.random),
                    confirmedAt: now, lastStep: AuthenticatorDesk.timeCode.step(at: now.milliseconds / 1000),
                    recoveryCodes: codes.map { keys.digest(of: $0, account: principal.account) }
                )
            )
            #expect(try desk.isEnrolled(principal.account, in: work.tx))
        }
        return EnrolledApp(secret: secret, recoveryCodes: codes.map(\.text))
    }
}

import CommandBus
import Cryptography
import Foundation
import Support
import Testing

@testable import Auth

@Suite("Codes of the authenticator app")
struct AuthenticatorCodeTests {
    private let email = "dev@example.com"

    @Test("The phone's clock may be a step ahead or behind, and no more", arguments: Int64(-3)...3)
    func drift(steps: Int64) async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        house.fixture.clock.advance(seconds: 300)
        let code = owner.phone.code(at: house.now, ahead: steps)
        #expect(try await house.accepts(code, of: owner.account.id) == (abs(steps) <= 1))
    }

    @Test("A code is good once, and none from before it is good after it")
    func replay() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        let (id, phone) = (owner.account.id, owner.phone)
        // The one that has confirmed the app is used up too.
        #expect(try await !house.accepts(phone.code(at: house.now), of: id))

        house.fixture.clock.advance(seconds: 300)
        let (before, now, after) = (
            phone.code(at: house.now, ahead: -1), phone.code(at: house.now), phone.code(at: house.now, ahead: 1)
        )
        #expect(try await house.accepts(now, of: id))
        #expect(try await !house.accepts(now, of: id))
        #expect(try await !house.accepts(before, of: id))
        #expect(try await house.accepts(after, of: id))
        house.fixture.clock.advance(seconds: 30)
        #expect(try await !house.accepts(after, of: id))
        house.fixture.clock.advance(seconds: 30)
        #expect(try await house.accepts(phone.code(at: house.now), of: id))
    }

    @Test("A wrong code uses nothing up")
    func wrong() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        house.fixture.clock.advance(seconds: 300)
        let kept = try await house.app(of: owner.account.id)
        let wrong = [owner.phone.wrongCode(at: house.now), "12345678", "00000-00000"]
        for code in wrong { #expect(try await !house.accepts(code, of: owner.account.id)) }
        #expect(try await house.app(of: owner.account.id) == kept)
        #expect(try await house.accepts(owner.phone.code(at: house.now), of: owner.account.id))
    }

    @Test("A clock that is set back makes no code good again")
    func clockSetBack() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        let (id, phone, clock) = (owner.account.id, owner.phone, house.fixture.clock)
        clock.advance(seconds: 600)
        let used = phone.code(at: house.now)
        #expect(try await house.accepts(used, of: id))
        let reached = house.now

        // Codes that were good, or would have been, at these times.
        for seconds in [1, 30, 60, 570] {
            clock.set(reached.adding(seconds: -seconds))
            for steps: Int64 in -1...1 where phone.code(at: house.now, ahead: steps) != phone.code(at: reached, ahead: 1) {
                #expect(try await !house.accepts(phone.code(at: house.now, ahead: steps), of: id))
            }
            #expect(try await !house.accepts(used, of: id))
        }
        // Nobody is shut out by it who has a recovery code, or waits.
        #expect(try await house.accepts(owner.recoveryCodes[0], of: id))
        clock.set(reached.adding(seconds: 30))
        #expect(try await house.accepts(phone.code(at: house.now), of: id))
    }

    @Test("A code is worth nothing to another account, nor is a recovery code")
    func otherAccount() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        let other = try await house.enrolled("conductor@example.com", role: .conductor)
        house.fixture.clock.advance(seconds: 300)
        for code in [owner.phone.code(at: house.now), owner.recoveryCodes[0]] {
            #expect(try await !house.accepts(code, of: other.account.id))
            #expect(try await house.accepts(code, of: owner.account.id))
        }
        let nobody = try await house.add("nobody@example.com", role: .developer)
        #expect(try await !house.accepts(owner.recoveryCodes[1], of: nobody.id))
    }

    @Test("A recovery code is good once, however it is written, and its owner is told how many are left")
    func recovery() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        let (id, codes) = (owner.account.id, owner.recoveryCodes)
        #expect(try await house.accepts(codes[0].uppercased().replacing("-", with: ""), of: id))
        #expect(try await house.letters(to: email).last?.contains("9 are left.") == true)
        for shown in [codes[0], codes[0].uppercased(), codes[0].replacing("0", with: "o").replacing("1", with: "l")] {
            #expect(try await !house.accepts(shown, of: id))
        }
        for (index, code) in codes.enumerated().dropFirst() {
            #expect(try await house.accepts(code, of: id))
            #expect(try await house.app(of: id)?.recoveryCodes.count == 9 - index)
        }
        let letters = try await house.letters(to: email).suffix(2)
        #expect(letters.first?.contains("One is left: make new ones.") == true)
        #expect(letters.last?.contains("None is left: make new ones.") == true)
        for code in codes { #expect(try await !house.accepts(code, of: id)) }
        // No letter names a code.
        for letter in try await house.letters(to: email) { #expect(codes.allSatisfy { !letter.contains($0) }) }
        // The app is as good as before.
        house.fixture.clock.advance(seconds: 300)
        #expect(try await house.accepts(owner.phone.code(at: house.now), of: id))
    }

    @Test("Of many who show the same code at once, one is let in", arguments: [true, false])
    func race(isRecoveryCode: Bool) async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        house.fixture.clock.advance(seconds: 300)
        let code = isRecoveryCode ? owner.recoveryCodes[3] : owner.phone.code(at: house.now)
        let accepted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 { group.addTask { try await house.accepts(code, of: owner.account.id) } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(accepted == 1)
        #expect(try await house.app(of: owner.account.id)?.recoveryCodes.count == (isRecoveryCode ? 9 : 10))
    }

    @Test("Another program's codes are taken")
    func counterpart() async throws {
        let house = try await AuthHouse()
        let (account, token) = try await house.staff(email)
        let secret = try await house.startAuthenticator(as: token).secret
        #expect(try await house.confirm(try await oathtool(secret, at: house.now), as: token).status == 200)
        house.fixture.clock.advance(seconds: 3600)
        #expect(try await house.accepts(try await oathtool(secret, at: house.now), of: account.id))
    }

    private func oathtool(_ secret: String, at now: Timestamp) async throws -> String {
        try await SystemTool.run("oathtool", ["--totp", "--base32", "--now=@\(now.milliseconds / 1000)", secret])
            .trimmingCharacters(in: .newlines)
    }

    @Test("Signing in takes the app's code in place of a mailed one, once, or a recovery code")
    func signIn() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        house.fixture.clock.advance(seconds: 300)
        let letters = try await house.letters(to: email).count
        let code = owner.phone.code(at: house.now)
        #expect(try await signIn(house, with: code).output(SessionView.self).token != nil)
        #expect(try await signIn(house, with: code).code == "invalid_code")
        // No code of eight digits is asked for, so none is right.
        #expect(try await signIn(house, with: "12345678").code == "invalid_code")
        let told = try await house.letters(to: email).dropFirst(letters)
        #expect(told.count == 1, "of the sign-in, and with no code")
        #expect(told.first?.firstMatch(of: /\b[0-9]{8}\b/) == nil)

        #expect(try await signIn(house, with: owner.recoveryCodes[7]).output(SessionView.self).token != nil)
        #expect(try await signIn(house, with: owner.recoveryCodes[7]).code == "invalid_code")
    }

    private func signIn(_ house: AuthHouse, with code: String) async throws -> CommandReply {
        let view: SessionView = try await house.open(email).output()
        #expect(view.factor == .authenticator)
        let challenge = try #require(view.challenge)
        return try await house.send("session.verify", ["challenge": challenge, "code": code])
    }
}

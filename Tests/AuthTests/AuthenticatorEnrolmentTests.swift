import CommandBus
import Cryptography
import Foundation
import QRCode
import Support
import Testing

@testable import Auth

@Suite("Enrolling an authenticator app")
struct AuthenticatorEnrolmentTests {
    private let email = "dev@example.com"

    @Test("The secret comes as text, as link and as a picture that a phone reads")
    func start() async throws {
        var configuration = AuthConfiguration()
        configuration.serviceName = "Campus: Line & Söhne"
        let house = try await AuthHouse(configuration: configuration)
        let (_, token) = try await house.staff("dev+bus@example.com")
        let output = try await house.startAuthenticator(as: token)
        #expect(output.secret.wholeMatch(of: /[A-Z2-7]{32}/) != nil)
        let issuer = "Campus%20%20Line%20%26%20S%C3%B6hne"
        #expect(
            output.uri == """
                otpauth://totp/\(issuer):dev%2Bbus%40example.com?secret=\(output.secret)&issuer=\(issuer)\
                &algorithm=SHA1&digits=6&period=30
                """
        )
        let folder = try TemporaryFolder("authenticator")
        let (drawing, picture) = (folder.path + "qr.svg", folder.path + "qr.png")
        try output.qr.write(toFile: drawing, atomically: true, encoding: .utf8)
        _ = try await SystemTool.run("rsvg-convert", ["-w", "600", "-h", "600", "-o", picture, drawing])
        let read = try await SystemTool.run("zbarimg", ["--quiet", "--nodbus", "--raw", "--oneshot", picture])
        #expect(read.trimmingCharacters(in: .newlines) == output.uri)
    }

    @Test("The longest names fit into the picture", arguments: ["🚌", "👩🏽‍🚒", "a", ":"])
    func longNames(character: String) throws {
        let address = String(repeating: "#", count: 64) + "@" + String(repeating: "a.", count: 92) + "com"
        let uri = AuthenticatorURI(
            issuer: String(repeating: character, count: 80), address: try EmailAddress(refining: address),
            secret: .init(repeating: 7, count: 20), code: AuthenticatorDesk.timeCode
        )
        #expect(try QRCode(uri.text).size <= 177)
    }

    @Test("What was begun is no factor; what is confirmed is, and gives ten recovery codes once")
    func confirm() async throws {
        let house = try await AuthHouse()
        let (account, token) = try await house.staff(email)
        #expect(try await show(house, token) == Shown(enrolled: false, confirmedAt: nil, recoveryCodesLeft: 0))
        let phone = try Phone(try await house.startAuthenticator(as: token).secret)
        #expect(try await show(house, token) == Shown(enrolled: false, confirmedAt: nil, recoveryCodesLeft: 0))
        #expect(try await !house.accepts(phone.code(at: house.now), of: account.id))
        house.fixture.clock.advance(seconds: 60)
        #expect(try await house.open(email).output(SessionView.self).factor == .mail)

        let confirmed = try await house.confirm(phone.code(at: house.now), as: token)
        #expect(confirmed.status == 200)
        let codes = try confirmed.output(RecoveryCodesView.self).recoveryCodes
        #expect(codes.count == 10)
        #expect(Set(codes).count == 10)
        let form = /[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}/
        #expect(codes.allSatisfy { $0.wholeMatch(of: form) != nil })
        #expect(try await show(house, token) == Shown(enrolled: true, confirmedAt: house.now, recoveryCodesLeft: 10))
        #expect(try await house.letters(to: email).last?.contains("authenticator app was enrolled") == true)
        #expect(try await house.open(email).output(SessionView.self).factor == .authenticator)
        // The same code, and any other, confirms nothing more.
        #expect(try await house.confirm(phone.code(at: house.now), as: token).code == "authenticator_exists")
    }

    @Test("Each change needs a step-up of its own, and leaves nothing behind without it")
    func stepUps() async throws {
        let house = try await AuthHouse()
        let (account, token) = try await house.staff(email)
        #expect(try await house.send("authenticator.start", as: token).code == "step_up_required")
        #expect(try await house.app(of: account.id) == nil)
        // One for something else is none.
        try await house.stepUp(.passwordChange, as: token)
        #expect(try await house.send("authenticator.start", as: token).code == "step_up_required")

        let owner = try await house.enrolled("other@example.com")
        let kept = try await house.app(of: owner.account.id)
        for command in ["authenticator.start", "authenticator.remove", "authenticator.recovery.renew"] {
            #expect(try await house.send(command, as: owner.token).code == "step_up_required")
        }
        #expect(try await house.app(of: owner.account.id) == kept)

        house.fixture.clock.advance(seconds: 300)
        let code = owner.phone.code(at: house.now)
        #expect(try await house.stepUp(.authenticatorChange, as: owner.token, with: code).status == 200)
        #expect(try await house.send("authenticator.recovery.renew", as: owner.token).status == 200)
        #expect(try await house.send("authenticator.recovery.renew", as: owner.token).code == "step_up_required")
    }

    @Test("While an app is enrolled none can be begun, and the app stays as it is")
    func second() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        house.fixture.clock.advance(seconds: 300)
        #expect(
            try await house.stepUp(
                .authenticatorChange, as: owner.token, with: owner.phone.code(at: house.now)
            ).status == 200
        )
        let kept = try await house.app(of: owner.account.id)
        let refused = try await house.send("authenticator.start", as: owner.token)
        #expect(refused.status == 409)
        #expect(refused.code == "authenticator_exists")
        #expect(try await house.app(of: owner.account.id) == kept)
        // The refusal has not used up the step-up.
        #expect(try await house.send("authenticator.remove", as: owner.token).status == 204)
    }

    @Test("Beginning anew ends what was begun before")
    func anew() async throws {
        let house = try await AuthHouse()
        let (_, token) = try await house.staff(email)
        let first = try Phone(try await house.startAuthenticator(as: token).secret)
        let second = try Phone(try await house.startAuthenticator(as: token).secret)
        #expect(first.secret != second.secret)
        #expect(try await house.confirm(first.code(at: house.now), as: token).code == "invalid_code")
        #expect(try await house.confirm(second.code(at: house.now), as: token).status == 200)
    }

    @Test("A wrong code, or that of another account, confirms nothing")
    func wrongCode() async throws {
        let house = try await AuthHouse()
        let (account, token) = try await house.staff(email)
        let (_, otherToken) = try await house.staff("other@example.com")
        #expect(try await house.confirm("123456", as: token).code == "no_authenticator")
        let phone = try Phone(try await house.startAuthenticator(as: token).secret)
        let other = try Phone(try await house.startAuthenticator(as: otherToken).secret)
        let kept = try await house.app(of: account.id)
        for code in [phone.wrongCode(at: house.now), other.code(at: house.now)] {
            let refused = try await house.confirm(code, as: token)
            #expect(refused.status == 401)
            #expect(refused.code == "invalid_code")
        }
        #expect(try await house.app(of: account.id) == kept)
        #expect(try await house.confirm(phone.code(at: house.now), as: token).status == 200)
    }

    @Test("Wrong codes are bounded by the address that they come from")
    func guesses() async throws {
        var configuration = AuthConfiguration()
        configuration.guesses.address = Rate(perSecond: 0.1, burst: 3)
        let house = try await AuthHouse(configuration: configuration)
        let (_, token) = try await house.staff(email)
        let phone = try Phone(try await house.startAuthenticator(as: token).secret)
        for _ in 0..<3 {
            #expect(try await house.confirm(phone.wrongCode(at: house.now), as: token).code == "invalid_code")
        }
        let refused = try await house.confirm(phone.code(at: house.now), as: token)
        #expect(refused.status == 429)
        #expect(refused.code == "too_many_guesses")
        #expect(refused.retryAfter == 10)
        house.fixture.clock.advance(seconds: 10)
        #expect(try await house.confirm(phone.code(at: house.now), as: token).status == 200)
    }

    @Test("What was begun waits for ten minutes", arguments: [(600, "ok"), (660, "no_authenticator")])
    func lifetime(seconds: Int, code: String) async throws {
        let house = try await AuthHouse()
        let (_, token) = try await house.staff(email)
        let phone = try Phone(try await house.startAuthenticator(as: token).secret)
        house.fixture.clock.advance(seconds: seconds)
        #expect(try await house.confirm(phone.code(at: house.now), as: token).code ?? "ok" == code)
    }

    @Test("Of many who confirm at once one gets recovery codes, and these are the ones that are good")
    func race() async throws {
        let house = try await AuthHouse()
        let (account, token) = try await house.staff(email)
        let phone = try Phone(try await house.startAuthenticator(as: token).secret)
        let code = phone.code(at: house.now)
        let replies = try await withThrowingTaskGroup(of: CommandReply.self) { group in
            for _ in 0..<10 { group.addTask { try await house.confirm(code, as: token) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let won = replies.filter { $0.status == 200 }
        #expect(won.count == 1)
        #expect(replies.filter { $0.code == "authenticator_exists" }.count == 9)
        let codes = try #require(won.first).output(RecoveryCodesView.self).recoveryCodes
        #expect(try await house.accepts(codes[0], of: account.id))
    }

    private struct Shown: Decodable, Equatable {
        let enrolled: Bool
        let confirmedAt: Timestamp?
        let recoveryCodesLeft: Int
    }

    private func show(_ house: AuthHouse, _ token: String) async throws -> Shown {
        try await house.send("authenticator.show", as: token).output()
    }
}

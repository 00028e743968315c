import CommandBus
import Cryptography
import Foundation
import Storage
import Support
import Testing

@testable import Auth

@Suite("The authenticator app of an account")
struct AuthenticatorTests {
    private let email = "dev@example.com"
    private static let commands = [
        "authenticator.start", "authenticator.confirm", "authenticator.show", "authenticator.remove",
        "authenticator.recovery.renew",
    ]

    @Test("It is for staff", arguments: commands)
    func roles(command: String) async throws {
        let house = try await AuthHouse()
        let rider = try await house.add("rider@example.com")
        let input = command == "authenticator.confirm" ? ["code": "123456"] : [:]
        #expect(try await house.send(command, input).code == "not_signed_in")
        let refused = try await house.send(command, input, as: try await house.session(of: rider))
        #expect(refused.status == 403)
        #expect(refused.code == "not_allowed")
        #expect(try await house.app(of: rider.id) == nil)
    }

    @Test("Each role of staff may enrol one", arguments: [Role.conductor, .developer, .godAdmin])
    func staff(role: Role) async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email, role: role)
        #expect(try await house.app(of: owner.account.id)?.confirmedAt == house.now)
    }

    @Test(
        "What is not six digits is refused with its rule",
        arguments: ["", "12345", "1234567", "12a456", "１２３４５６", " 123456", "-12345", String(repeating: "1", count: 5000)]
    )
    func badCode(code: String) async throws {
        let house = try await AuthHouse()
        let (account, token) = try await house.staff(email)
        _ = try await house.startAuthenticator(as: token)
        let kept = try await house.app(of: account.id)
        let refused = try await house.confirm(code, as: token)
        #expect(refused.status == 422)
        #expect(refused.violations == ["/code must be the 6 digits that the app shows"])
        #expect(try await house.app(of: account.id) == kept)
    }

    @Test("Removed, it is a factor no more, and its recovery codes are dead")
    func removal() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        house.fixture.clock.advance(seconds: 300)
        let code = owner.phone.code(at: house.now)
        #expect(try await house.stepUp(.authenticatorChange, as: owner.token, with: code).status == 200)
        #expect(try await house.send("authenticator.remove", as: owner.token).status == 204)
        #expect(try await house.app(of: owner.account.id) == nil)
        #expect(try await house.letters(to: email).last?.contains("was removed") == true)

        house.fixture.clock.advance(seconds: 60)
        #expect(try await !house.accepts(owner.phone.code(at: house.now), of: owner.account.id))
        #expect(try await !house.accepts(owner.recoveryCodes[0], of: owner.account.id))
        #expect(try await house.open(email).output(SessionView.self).factor == .mail)
    }

    @Test("Where there is none, there is nothing to remove or renew; what was only begun goes without a letter")
    func missing() async throws {
        let house = try await AuthHouse()
        let (account, token) = try await house.staff(email)
        try await house.stepUp(.authenticatorChange, as: token)
        for command in ["authenticator.remove", "authenticator.recovery.renew"] {
            let refused = try await house.send(command, as: token)
            #expect(refused.status == 409)
            #expect(refused.code == "no_authenticator")
        }
        // The step-up is still there for what can be done.
        #expect(try await house.send("authenticator.start", as: token).status == 201)
        try await house.stepUp(.authenticatorChange, as: token)
        #expect(try await house.send("authenticator.recovery.renew", as: token).code == "no_authenticator")
        let letters = try await house.letters(to: email).count
        #expect(try await house.send("authenticator.remove", as: token).status == 204)
        #expect(try await house.app(of: account.id) == nil)
        #expect(try await house.letters(to: email).count == letters)
    }

    @Test("New recovery codes end the old ones")
    func renewal() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        house.fixture.clock.advance(seconds: 300)
        // Whoever has lost the phone gets on with a recovery code.
        let used = owner.recoveryCodes[0]
        #expect(try await house.stepUp(.authenticatorChange, as: owner.token, with: used).status == 200)
        let renewed: RecoveryCodesView = try await house.send("authenticator.recovery.renew", as: owner.token).output()
        #expect(renewed.recoveryCodes.count == 10)
        #expect(Set(renewed.recoveryCodes).isDisjoint(with: owner.recoveryCodes))
        #expect(try await house.letters(to: email).last?.contains("New recovery codes were made") == true)
        for code in owner.recoveryCodes { #expect(try await !house.accepts(code, of: owner.account.id)) }
        #expect(try await house.accepts(renewed.recoveryCodes[9], of: owner.account.id))
        #expect(try await house.accepts(owner.phone.code(at: house.now), of: owner.account.id))
    }

    @Test("Neither the secret nor a recovery code can be read in the store")
    func secrecy() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        #expect(try await house.accepts(owner.recoveryCodes[0], of: owner.account.id))
        let secret = owner.phone.secret
        var hidden = owner.recoveryCodes.flatMap { [$0, $0.replacing("-", with: "")] }
        hidden += [Base32.encode(secret), Base64URL.encode(secret), Data(secret).base64EncodedString(), hex(secret)]
        hidden += owner.recoveryCodes.map { hex(SHA256.hash($0.utf8)) }
        let sealed = try #require(try await house.app(of: owner.account.id)).sealedSecret
        var sawSealed = false
        for table in StoreTables.all {
            for text in try await house.fixture.kept.rows(of: table.name).flatMap(\.written) {
                // Bytes are written as digits: what is a text inside of them has to be looked for as such too.
                for secret in hidden {
                    #expect(!text.contains(secret) && !text.contains(hex(Array(secret.utf8))), "\(table.name)")
                }
                sawSealed = sawSealed || text.contains(hex(sealed))
            }
        }
        #expect(sawSealed, "the test must see what is kept")
        // The same key, as every instance and every next start has it, reads it.
        #expect(AuthKeys(pepper: AuthHouse.pepper).open(sealed, of: owner.account.id) == secret)
        #expect(AuthKeys(pepper: Array(1...32)).open(sealed, of: owner.account.id) == nil)
    }

    @Test("A sealed secret that was changed, or moved to another account, makes no codes there")
    func moved() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        let other = try await house.enrolled("other@example.com")
        let stolen = try #require(try await house.app(of: owner.account.id)).sealedSecret
        var changed = stolen
        changed[changed.count - 1] ^= 1
        house.fixture.clock.advance(seconds: 300)
        let code = owner.phone.code(at: house.now)
        for (sealed, account) in [(stolen, other.account.id), (changed, owner.account.id)] {
            let app = AuthenticatorApp(
                account: account, sealedSecret: sealed, confirmedAt: house.now, lastStep: 0, recoveryCodes: []
            )
            try await house.fixture.work { work in try work.tx.put(app) }
            #expect(try await !house.accepts(code, of: account))
        }
        for sealed: [UInt8] in [[], [1], Array(stolen.prefix(13)), [2] + stolen.dropFirst()] {
            #expect(house.service.keys.open(sealed, of: owner.account.id) == nil)
        }
    }

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String(format: "%02X", $0) }.joined()
    }
}

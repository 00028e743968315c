import CommandBus
import Cryptography
import Foundation
import Mail
import Storage
import Support
import Testing
import Wallet

@testable import Auth

@Suite("Registration")
struct RegistrationTests {
    private let email = "asha@example.com"

    @Test("From an address to an account with a wallet and a session")
    func wholeWay() async throws {
        let house = try await AuthHouse()
        let started = try await house.send("registration.start", ["email": "Asha@Example.com"])
        #expect(started.status == 202)
        let challenge = try started.output(AuthHouse.Challenge.self)
        #expect(challenge.expiresAt == house.fixture.clock.now().adding(seconds: 300))

        let verified = try await house.send(
            "registration.verify", ["challenge": challenge.challenge, "code": try await house.code(to: email)]
        )
        #expect(verified.status == 200)
        let grant = try verified.output(AuthHouse.Grant.self)
        #expect(grant.expiresAt == house.fixture.clock.now().adding(seconds: 900))

        let completed = try await house.complete(grant.registration, remember: true)
        #expect(completed.status == 201)
        let session = try completed.output(SessionView.self)
        #expect(session.role == .rider)
        #expect(session.challenge == nil)
        #expect(session.expiresAt == house.fixture.clock.now().adding(seconds: 30 * 24 * 3600))
        let account = try #require(session.account)
        #expect(try await house.fixture.balance(account) == 40_000)
        #expect(try await house.fixture.findings().isEmpty)

        let shown = try await house.send("session.show", as: session.token)
        #expect(try shown.output(SessionView.self).account == account)
        // The device that registered has shown both factors.
        let secret = try #require(session.device)
        #expect(try await house.open(email, device: secret).output(SessionView.self).token != nil)
        #expect(house.fixture.mailSignalCount == 1)
    }

    @Test("An address that has an account gets the same answer, and a code that doesn't exist")
    func existingAccount() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        let known = try await house.send("registration.start", ["email": email])
        let unknown = try await house.send("registration.start", ["email": "new@example.com"])
        #expect(known.status == unknown.status)
        #expect(try Self.keys(known) == Self.keys(unknown))
        let letters = try await house.letters(to: email)
        #expect(letters.count == 1)
        #expect(letters[0].contains("There is an account"))
        #expect(letters[0].firstMatch(of: /[0-9]{8}/) == nil)

        // Both challenges answer wrong codes in the same words, to the last.
        let challenges = [known, unknown].compactMap { try? $0.output(AuthHouse.Challenge.self).challenge }
        let wrong = try await house.wrongCode(to: "new@example.com")
        for _ in 0..<6 {
            var answers: Set<String> = []
            for challenge in challenges {
                answers.insert(try await house.send("registration.verify", ["challenge": challenge, "code": wrong]).text)
            }
            #expect(answers.count == 1)
        }
    }

    @Test("The right to complete is good once and for fifteen minutes")
    func grantScope() async throws {
        let house = try await AuthHouse()
        let grant = try await house.grant(email)
        #expect(try await house.complete(grant).status == 201)
        #expect(try await house.complete(grant).code == "registration_expired")

        let justInTime = try await house.grant("just@example.com")
        let late = try await house.grant("late@example.com")
        house.fixture.clock.advance(milliseconds: 899_999)
        #expect(try await house.complete(justInTime).status == 201)
        house.fixture.clock.advance(milliseconds: 1)
        #expect(try await house.complete(late).code == "registration_expired")
        #expect(try await house.complete(String(repeating: "A", count: 43)).code == "registration_expired")
    }

    @Test("A refused password costs nothing: the registration can go on")
    func refusedPassword() async throws {
        let house = try await AuthHouse()
        let grant = try await house.grant(email)
        for password in ["password123", "asha@example.com", "farebus1", "asha rao 1"] {
            let reply = try await house.complete(grant, password: password)
            #expect(reply.status == 422)
            #expect(reply.violations.allSatisfy { $0.hasPrefix("/password ") }, "\(password)")
        }
        #expect(try await house.complete(grant).status == 201)
    }

    @Test("Completions that race make one account and one wallet")
    func racingCompletions() async throws {
        let house = try await AuthHouse()
        let first = try await house.grant(email)
        house.fixture.clock.advance(seconds: 60)
        let second = try await house.grant(email)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<20 {
                group.addTask { try await house.complete(index.isMultiple(of: 2) ? first : second).status }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.filter { $0 == 201 }.count == 1)
        #expect(statuses.filter { $0 == 409 }.count == 19)
        #expect(try await house.fixture.kept.count(of: "accounts") == 1)
        #expect(try await house.fixture.findings().isEmpty)
    }

    @Test("Only the operator's domains may register, where there are some")
    func domains() async throws {
        var configuration = AuthConfiguration()
        configuration.registrationDomains = ["campus.test"]
        let house = try await AuthHouse(configuration: configuration)
        #expect(try await house.send("registration.start", ["email": "a@Campus.TEST"]).status == 202)
        for address in ["a@example.com", "a@evil.campus.test", "a@campus.test.example.com"] {
            let reply = try await house.send("registration.start", ["email": address])
            #expect(reply.status == 422)
            #expect(reply.violations == ["/email must be an address of: campus.test"])
        }
    }

    @Test("A bare user name stands in the operator's domain, where there is one")
    func userNames() async throws {
        let without = try await AuthHouse()
        for command in ["registration.start", "password.reset.start"] {
            let reply = try await without.send(command, ["email": "asha"])
            #expect(reply.status == 422)
            #expect(reply.violations == ["/email must be an e-mail address like name@example.com"])
        }

        var configuration = AuthConfiguration()
        configuration.defaultDomain = "campus.test"
        configuration.registrationDomains = ["campus.test"]
        let house = try await AuthHouse(configuration: configuration)
        let challenge = try await house.start("Asha")
        let grant = try await house.send(
            "registration.verify", ["challenge": challenge, "code": try await house.code(to: "asha@campus.test")]
        ).output(AuthHouse.Grant.self).registration
        #expect(try await house.complete(grant).status == 201)
        #expect(try await house.fixture.kept.row(of: "accounts").text("email") == "asha@campus.test")
        // A whole address means what it says.
        #expect(try await house.send("registration.start", ["email": "asha@example.com"]).status == 422)
        house.fixture.clock.advance(seconds: 60)
        #expect(try await house.send("password.reset.start", ["email": "asha"]).status == 202)
        #expect(try await house.open("asha").output(SessionView.self).challenge != nil)
    }

    @Test("A right that was given before the clock was set back lasts no longer for it")
    func clockSetBack() async throws {
        let house = try await AuthHouse()
        let grant = try await house.grant(email)
        house.fixture.clock.advance(milliseconds: -60_001)
        #expect(try await house.complete(grant).code == "registration_expired")
        #expect(try await house.fixture.kept.count(of: "accounts") == 0)
        // As much as the clocks of two instances may be apart.
        house.fixture.clock.advance(milliseconds: 1)
        #expect(try await house.complete(grant).status == 201)
    }

    @Test("Neither codes nor tokens nor passwords are in the database")
    func secrets() async throws {
        let house = try await AuthHouse()
        let challenge = try await house.start(email)
        let code = try await house.code(to: email)
        let grant = try await house.send("registration.verify", ["challenge": challenge, "code": code])
            .output(AuthHouse.Grant.self).registration
        let session = try await house.complete(grant, remember: true).output(SessionView.self)
        let (token, device) = (try #require(session.token), try #require(session.device))
        // The letter leaves, as the worker of the outbox would have it.
        try await house.fixture.work { work in
            for letter in try work.tx.claimLetters(dueAt: work.context.now, until: work.context.now, limit: 10) {
                #expect(try work.tx.removeLetter(letter))
            }
        }
        var dump = ""
        for table in Self.tables {
            for row in try await house.fixture.kept.rows(of: table) { dump += row.written.joined(separator: "\n") + "\n" }
        }
        #expect(dump.contains(email))
        for secret in [challenge, code, grant, token, AuthHouse.password, device] {
            let plain = Data(secret.utf8).map { String(format: "%02X", $0) }.joined()
            #expect(!dump.contains(secret))
            #expect(!dump.contains(plain))
        }
    }

    @Test("Bad input is named, field by field")
    func badInput() async throws {
        let house = try await AuthHouse()
        let reply = try await house.bus.send(
            "registration.complete",
            #"{"registration": "x", "name": "", "rollNumber": "\#(String(repeating: "9", count: 41))", "password": "short", "remember": "yes"}"#
        )
        #expect(reply.status == 422)
        #expect(
            Set(reply.violations.map { $0.prefix { $0 != " " } })
                == ["/registration", "/name", "/rollNumber", "/password", "/remember"]
        )
        // A Cyrillic letter, a full-width sign, and one that is ASCII in lower case.
        for lookAlike in ["\u{430}sha@example.com", "asha\u{FF20}example.com", "as\u{212A}@example.com"] {
            let address = try await house.send("registration.start", ["email": lookAlike])
            #expect(address.status == 422)
            #expect(address.violations == ["/email must be ASCII, without spaces"])
        }
        for empty in ["", "@", String(repeating: "a", count: 100_000)] {
            let address = try await house.send("registration.start", ["email": empty])
            #expect(address.violations.allSatisfy { $0.hasPrefix("/email must") } && address.violations.count == 1)
        }
        let code = try await house.send(
            "registration.verify", ["challenge": String(repeating: "A", count: 43), "code": "１２３４５６７８"]
        )
        #expect(code.violations == ["/code must be the 8 digits of the code"])
        for table in ["accounts", "code_challenges", "grants", "mail_outbox"] {
            #expect(try await house.fixture.kept.count(of: table) == 0)
        }
    }

    private static func keys(_ reply: CommandReply) throws -> Set<String> {
        Set(try reply.output([String: String].self).keys)
    }

    /// Where what a registration leaves behind is kept.
    private static let tables = [
        "accounts", "sessions", "devices", "code_challenges", "grants", "step_ups", "mail_outbox", "events", "idempotency",
    ]
}

extension AuthHouse {
    /// Begins a registration.
    func start(_ email: String) async throws -> String {
        try await send("registration.start", ["email": email]).output(Challenge.self).challenge
    }
}

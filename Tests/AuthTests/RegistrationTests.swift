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

        let completed = try await house.complete(grant.registration, device: device())
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
        #expect(try await house.open(email, device: device()).output(SessionView.self).token != nil)
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

    @Test("Five wrong answers kill a code, and the right one is too late then")
    func triesPerCode() async throws {
        let house = try await AuthHouse()
        let challenge = try await house.start(email)
        let wrong = try await house.wrongCode(to: email)
        for left in [4, 3, 2, 1] {
            let reply = try await house.send("registration.verify", ["challenge": challenge, "code": wrong])
            #expect(reply.status == 401)
            #expect(reply.code == "invalid_code")
            #expect(reply.problem?.detail.contains(left == 1 ? "One try is" : "\(left) tries are") == true)
        }
        let fifth = try await house.send("registration.verify", ["challenge": challenge, "code": wrong])
        #expect(fifth.code == "code_expired")
        let right = try await house.send(
            "registration.verify", ["challenge": challenge, "code": try await house.code(to: email)]
        )
        #expect(right.status == 409)
        #expect(right.code == "code_expired")
    }

    @Test("Guesses that race count one by one")
    func racingGuesses() async throws {
        let house = try await AuthHouse()
        let (email, challenge) = (email, try await house.start(email))
        let wrong = try await house.wrongCode(to: email)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    let reply = try? await house.send("registration.verify", ["challenge": challenge, "code": wrong])
                    #expect(reply?.isProblem == true)
                }
            }
        }
        #expect(try await house.fixture.kept.rows(of: "code_challenges").compactMap { $0.integer("failures") }.max() == 5)
    }

    @Test("Ten wrong answers a day, however many codes; a new code doesn't start the count again")
    func triesPerDay() async throws {
        let house = try await AuthHouse()
        let wrong = "00000000"
        for _ in 0..<2 {
            let challenge = try await house.start(email)
            for _ in 0..<5 {
                _ = try await house.send("registration.verify", ["challenge": challenge, "code": wrong])
            }
            house.fixture.clock.advance(seconds: 61)
        }
        let challenge = try await house.start(email)
        let right = ["challenge": challenge, "code": try await house.code(to: email)]
        let refused = try await house.send("registration.verify", right)
        #expect(refused.status == 429)
        #expect(refused.code == "too_many_tries")
        // The first five stop counting a day after they were sent.
        #expect(refused.retryAfter == 24 * 3600 - 122)

        house.fixture.clock.advance(seconds: 24 * 3600)
        let again = try await house.start(email)
        let accepted = try await house.send(
            "registration.verify", ["challenge": again, "code": try await house.code(to: email)]
        )
        #expect(accepted.status == 200)
    }

    @Test("A code is good once, for five minutes, for its challenge and for its purpose")
    func scope() async throws {
        let house = try await AuthHouse()
        let challenge = try await house.start(email)
        let answer = ["challenge": challenge, "code": try await house.code(to: email)]
        #expect(try await house.send("registration.verify", answer).status == 200)
        #expect(try await house.send("registration.verify", answer).code == "code_expired")

        let other = try await house.start("other@example.com")
        house.fixture.clock.advance(seconds: 60)
        let mine = try await house.start(email)
        let strange = try await house.send(
            "registration.verify", ["challenge": mine, "code": try await house.code(to: "other@example.com")]
        )
        #expect(strange.code == "invalid_code")

        house.fixture.clock.advance(seconds: 240)
        let late = try await house.send(
            "registration.verify", ["challenge": other, "code": try await house.code(to: "other@example.com")]
        )
        #expect(late.code == "code_expired")

        try await house.add("rider@example.com")
        let signIn = try #require(try await house.open("rider@example.com").output(SessionView.self).challenge)
        let foreign = try await house.send(
            "registration.verify", ["challenge": signIn, "code": try await house.code(to: "rider@example.com")]
        )
        #expect(foreign.code == "code_expired")
    }

    @Test("One letter a minute and five an hour an address")
    func mailLimits() async throws {
        let house = try await AuthHouse()
        _ = try await house.start(email)
        let soon = try await house.send("registration.start", ["email": email])
        #expect(soon.status == 429)
        #expect(soon.code == "too_many_mails")
        #expect(soon.retryAfter == 60)
        // Another address is not held up.
        _ = try await house.start("other@example.com")
        for _ in 0..<4 {
            house.fixture.clock.advance(seconds: 60)
            _ = try await house.start(email)
        }
        house.fixture.clock.advance(seconds: 60)
        let sixth = try await house.send("registration.start", ["email": email])
        #expect(sixth.code == "too_many_mails")
        #expect(sixth.retryAfter == 3600 - 300)
        house.fixture.clock.advance(seconds: 3300)
        _ = try await house.start(email)
        #expect(try await house.letters(to: email).count == 6)
    }

    @Test("Strangers who ask for registration codes don't use up the codes of a sign-in")
    func separateBudgets() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        _ = try await house.start(email)
        #expect(try await house.open(email).output(SessionView.self).challenge != nil)
    }

    @Test("The right to complete is good once and for fifteen minutes")
    func grantScope() async throws {
        let house = try await AuthHouse()
        let grant = try await house.grant(email)
        #expect(try await house.complete(grant).status == 201)
        #expect(try await house.complete(grant).code == "registration_expired")

        let late = try await house.grant("late@example.com")
        house.fixture.clock.advance(seconds: 900)
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

    @Test("Neither codes nor tokens nor passwords are in the database")
    func secrets() async throws {
        let house = try await AuthHouse()
        let challenge = try await house.start(email)
        let code = try await house.code(to: email)
        let grant = try await house.send("registration.verify", ["challenge": challenge, "code": code])
            .output(AuthHouse.Grant.self).registration
        let token = try #require(
            try await house.complete(grant, device: device()).output(SessionView.self).token
        )
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
        for secret in [challenge, code, grant, token, AuthHouse.password, device()] {
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
            #"{"registration": "x", "name": "", "rollNumber": "\#(String(repeating: "9", count: 41))", "password": "short", "device": "d"}"#
        )
        #expect(reply.status == 422)
        #expect(
            Set(reply.violations.map { $0.prefix { $0 != " " } })
                == ["/registration", "/name", "/rollNumber", "/password", "/device"]
        )
        let address = try await house.send("registration.start", ["email": "аsha@example.com"])
        #expect(address.violations == ["/email must be ASCII, without spaces"])
        let code = try await house.send(
            "registration.verify", ["challenge": String(repeating: "A", count: 43), "code": "１２３４５６７８"]
        )
        #expect(code.violations == ["/code must be the 8 digits of the code"])
    }

    private static func keys(_ reply: CommandReply) throws -> Set<String> {
        Set(try reply.output([String: String].self).keys)
    }

    /// Where what a registration leaves behind is kept.
    private static let tables = [
        "accounts", "sessions", "devices", "code_challenges", "registration_grants", "mail_outbox", "events", "idempotency",
    ]
}

extension AuthHouse {
    fileprivate func start(_ email: String) async throws -> String {
        try await send("registration.start", ["email": email]).output(Challenge.self).challenge
    }
}

@Suite("The letters with codes")
struct CodeLetterTests {
    private let letters = CodeLetters(AuthConfiguration())
    private let address = EmailAddress(trusted: "asha@example.com")

    @Test("The code has a line of its own and is not in the subject; every line is short and plain")
    func wording() throws {
        let code = OneTimeCode.example("01234567")
        let all = [
            letters.registration(to: address, code), letters.signIn(to: address, code), letters.accountExists(to: address),
        ]
        for letter in all {
            #expect(letter.to == address)
            #expect(!letter.subject.contains(code.raw))
            #expect(letter.body.utf8.allSatisfy { $0 == 10 || (32...126).contains($0) })
            #expect(letter.body.split(separator: "\n").allSatisfy { $0.count <= 76 })
        }
        for letter in all.prefix(2) {
            let lines = letter.body.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(lines.filter { $0 == code.raw }.count == 1)
        }
    }

    @Test("Codes are eight digits, and all of them are drawn")
    func codes() {
        let random = SeededRandom(seed: 7)
        let codes = (0..<20_000).map { _ in OneTimeCode.make(random: random).raw }
        #expect(codes.allSatisfy { $0.utf8.count == 8 && $0.allSatisfy(\.isNumber) })
        #expect(Set(codes).count > 19_990)
        for digit in "0123456789" {
            // 2,000 expected, with a deviation of 42.
            #expect((1750...2250).contains(codes.filter { $0.first == digit }.count))
        }
    }
}

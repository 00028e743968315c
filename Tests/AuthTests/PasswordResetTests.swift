import CommandBus
import Support
import Testing

@testable import Auth

@Suite("Password reset")
struct PasswordResetTests {
    private let email = "asha@example.com"
    private let fresh = "nine trams at dusk"

    @Test("From an address to a new password; the session, the devices and the old password are done with")
    func wholeWay() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let device = try await house.remembered(email)
        let token = try #require(try await house.open(email, device: device).output(SessionView.self).token)
        #expect(try await house.send("session.show", as: token).status == 200)

        let started = try await house.send("password.reset.start", ["email": "Asha@Example.com"])
        #expect(started.status == 202)
        let challenge = try started.output(AuthHouse.Challenge.self)
        #expect(challenge.expiresAt == house.fixture.clock.now().adding(seconds: 300))
        #expect(try #require(try await house.letters(to: email).last).contains("new password"))
        let verified = try await house.verifyReset(challenge.challenge, try await house.code(to: email))
        #expect(verified.status == 200)
        let right = try verified.output(VerifyPasswordReset.Output.self)
        #expect(right.expiresAt == house.fixture.clock.now().adding(seconds: 900))
        // Nothing has changed so far.
        #expect(try await house.send("session.show", as: token).status == 200)

        let completed = try await house.completeReset(right.reset, fresh)
        #expect(completed.status == 200)
        #expect(try await house.send("session.show", as: token).status == 401)
        #expect(try await house.fixture.kept.count(of: "devices") == 0)
        #expect(try await house.open(email).code == "invalid_credentials")
        #expect(try await house.letters(to: email).last?.contains("was changed") == true)
        house.fixture.clock.advance(seconds: 60)
        let next = try await house.open(email, password: fresh, device: device).output(SessionView.self)
        #expect(next.token == nil)
        #expect(next.challenge != nil)
        let event = try await house.fixture.kept.row(of: "events") { $0.text("kind") == "account.password.reset" }
        #expect(event.text("subject") == account.id.raw)
        // The right to reset is used up; what is left is the right to try the new password.
        #expect(try await house.fixture.kept.row(of: "grants").text("purpose") == "sign_in")
    }

    @Test("Where there is an app, the mailbox sets a password, and is not enough to sign in")
    func withApp() async throws {
        let house = try await AuthHouse()
        let owner = try await house.enrolled(email)
        house.fixture.clock.advance(seconds: 300)
        let right = try await house.completeReset(try await house.reset(email), fresh)
            .output(CompletePasswordReset.Output.self)
        let asked = try await house.open(email, password: fresh, device: right.device).output(SessionView.self)
        #expect(asked.token == nil)
        #expect(asked.factor == .authenticator)
        let challenge = try #require(asked.challenge)
        let wrong = ["challenge": challenge, "code": owner.phone.wrongCode(at: house.now)]
        #expect(try await house.send("session.verify", wrong).code == "invalid_code")
        let answer = ["challenge": challenge, "code": owner.phone.code(at: house.now)]
        #expect(try await house.send("session.verify", answer).status == 200)
    }

    @Test("Whoever has just set the password gets in, however much strangers guess; the second factor is due all the same")
    func guessedAt() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        try await house.add("ravi@example.com")
        for _ in 0..<10 {
            for guessed in [email, "ravi@example.com"] {
                #expect(try await house.open(guessed, password: "not the password").code == "invalid_credentials")
            }
        }
        #expect(try await house.open(email).code == "too_many_guesses")
        let right = try await house.completeReset(try await house.reset(email), fresh)
            .output(CompletePasswordReset.Output.self)
        #expect(right.expiresAt == house.fixture.clock.now().adding(seconds: 900))
        #expect(try await house.open(email, password: fresh).code == "too_many_guesses")
        let signIn = try await house.open(email, password: fresh, device: right.device).output(SessionView.self)
        #expect(signIn.token == nil)
        #expect(signIn.challenge != nil)
        // It is nothing to another account, and its own tries are bounded too.
        #expect(try await house.open("ravi@example.com", device: right.device).code == "too_many_guesses")
        for _ in 0..<10 {
            #expect(
                try await house.open(email, password: "not the password", device: right.device).code == "invalid_credentials"
            )
        }
        #expect(try await house.open(email, password: fresh, device: right.device).code == "too_many_guesses")
    }

    @Test("That lasts as long as a right to reset, and no longer")
    func guessedAtLater() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        let right = try await house.completeReset(try await house.reset(email), fresh)
            .output(CompletePasswordReset.Output.self)
        for seconds in [899, 1] {
            house.fixture.clock.advance(seconds: seconds)
            for _ in 0..<12 { _ = try await house.open(email, password: "not the password") }
            let reply = try await house.open(email, password: fresh, device: right.device)
            #expect(reply.code == (seconds == 899 ? nil : "too_many_guesses"))
        }
    }

    @Test("An address without an account gets the same answers, and a letter that says so")
    func unknownAddress() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        let unknown = "nobody@example.com"
        var challenges: [String] = []
        var shapes: Set<[String]> = []
        for address in [email, unknown] {
            let reply = try await house.send("password.reset.start", ["email": address])
            #expect(reply.status == 202)
            shapes.insert(try reply.output([String: String].self).keys.sorted())
            challenges.append(try reply.output(AuthHouse.Challenge.self).challenge)
        }
        #expect(shapes.count == 1)
        let letters = try await house.letters(to: unknown)
        #expect(letters.count == 1)
        #expect(letters[0].contains("There is no account"))
        #expect(letters[0].firstMatch(of: /[0-9]{8}/) == nil)
        // As much is kept, and as much is limited.
        #expect(try await house.fixture.kept.count(of: "code_challenges") == 2)
        for address in [email, unknown] {
            #expect(try await house.send("password.reset.start", ["email": address]).retryAfter == 60)
        }
        let wrong = try await house.wrongCode(to: email)
        for _ in 0..<6 {
            var answers: Set<String> = []
            for challenge in challenges { answers.insert(try await house.verifyReset(challenge, wrong).text) }
            #expect(answers.count == 1)
        }
    }

    @Test("A closed account is no account")
    func closed() async throws {
        let house = try await AuthHouse()
        try await house.add(email, state: .closed)
        #expect(try await house.send("password.reset.start", ["email": email]).status == 202)
        #expect(try await house.letters(to: email).last?.contains("There is no account") == true)
    }

    @Test("An account that was closed since can't be given a password")
    func closedSince() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let right = try await house.reset(email)
        try await house.fixture.work { work in try work.tx.update(account.changed(state: .closed)) }
        #expect(try await house.completeReset(right, fresh).code == "reset_expired")
        #expect(try await house.hash() == account.passwordHash)
    }

    @Test("A suspended account gets its password, and stays shut")
    func suspended() async throws {
        let house = try await AuthHouse()
        try await house.add(email, state: .suspended)
        #expect(try await house.completeReset(try await house.reset(email), fresh).status == 200)
        #expect(try await house.fixture.kept.row(of: "accounts").text("state") == "suspended")
        #expect(try await house.open(email).code == "invalid_credentials")
        #expect(try await house.open(email, password: fresh).code == "account_suspended")
        #expect(try await house.fixture.kept.count(of: "sessions") == 0)
    }

    @Test("Staff whose account was made without a password set their first one this way")
    func firstPassword() async throws {
        let house = try await AuthHouse()
        let hash = house.service.passwords.unusableHash
        let service = house.service
        let address = EmailAddress(trusted: email)
        try await house.fixture.work { work in
            try service.create(
                Account(
                    id: work.context.makeID(), email: address, name: "Ravi", rollNumber: nil, role: .conductor,
                    passwordHash: hash, createdAt: work.context.now
                ), in: work
            )
        }
        #expect(try await house.open(email, password: "").status == 422)
        #expect(try await house.open(email).code == "invalid_credentials")
        #expect(try await house.completeReset(try await house.reset(email), fresh).status == 200)
        #expect(try await house.open(email, password: fresh).output(SessionView.self).challenge != nil)
    }

    @Test("The right is good once, for fifteen minutes, and for nothing else")
    func scope() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let right = try await house.reset(email)
        #expect(try await house.complete(right).code == "registration_expired")
        let registration = try await house.grant("new@example.com")
        #expect(try await house.completeReset(registration, fresh).code == "reset_expired")
        #expect(try await house.completeReset(String(repeating: "A", count: 43), fresh).code == "reset_expired")
        #expect(try await house.hash() == account.passwordHash)

        house.fixture.clock.advance(milliseconds: 900_000)
        let late = try await house.completeReset(right, fresh)
        #expect(late.status == 409)
        #expect(late.code == "reset_expired")
        house.fixture.clock.advance(milliseconds: -1)
        #expect(try await house.completeReset(right, fresh).status == 200)
        #expect(try await house.completeReset(right, "ten boats at noon").code == "reset_expired")
        #expect(try await house.open(email, password: fresh).output(SessionView.self).challenge != nil)
    }

    @Test("Its lifetime is a setting, and a clock that is set back doesn't stretch it")
    func lifetime() async throws {
        var configuration = AuthConfiguration()
        configuration.resetLifetime = 45
        let house = try await AuthHouse(configuration: configuration)
        try await house.add(email)
        let right = try await house.reset(email)
        house.fixture.clock.advance(seconds: 45)
        #expect(try await house.completeReset(right, fresh).code == "reset_expired")
        house.fixture.clock.advance(milliseconds: -105_001)
        #expect(try await house.completeReset(right, fresh).code == "reset_expired")
        house.fixture.clock.advance(milliseconds: 1)
        #expect(try await house.completeReset(right, fresh).status == 200)
    }

    @Test("A mailbox that is not the account's any more gives no right to its password")
    func addressChanged() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let right = try await house.reset(email)
        let moved = EmailAddress(trusted: "moved@example.com")
        try await house.fixture.work { work in try work.tx.update(account.changed(email: moved)) }
        #expect(try await house.completeReset(right, fresh).code == "reset_expired")
        #expect(try await house.hash() == account.passwordHash)
    }

    @Test("A refused password costs nothing: the reset can go on")
    func refusedPassword() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let token = try await house.session(of: account)
        let right = try await house.reset(email)
        for password in ["password123", email, "farebus1", "Somebody 1", "short", ""] {
            let reply = try await house.completeReset(right, password)
            #expect(reply.status == 422)
            #expect(reply.violations.allSatisfy { $0.hasPrefix("/password ") }, "\(password)")
        }
        #expect(try await house.hash() == account.passwordHash)
        #expect(try await house.send("session.show", as: token).status == 200)
        #expect(try await house.completeReset(right, fresh).status == 200)
    }

    @Test("Completions that race set one password")
    func race() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        let right = try await house.reset(email)
        let passwords = (0..<12).map { "tram number \($0) at dusk" }
        let taken = try await withThrowingTaskGroup(of: String?.self) { group in
            for password in passwords {
                group.addTask { try await house.completeReset(right, password).status == 200 ? password : nil }
            }
            return try await group.reduce(into: [String]()) { if let password = $1 { $0.append(password) } }
        }
        #expect(taken.count == 1)
        #expect(try await house.open(email, password: try #require(taken.first)).status == 200)
        #expect(try await house.letters(to: email).filter { $0.contains("was changed") }.count == 1)
    }

    @Test("Codes, tokens and passwords of a reset are neither in the database nor in an event")
    func secrets() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        let challenge = try await house.startReset(email)
        let code = try await house.code(to: email)
        let right = try await house.verifyReset(challenge, code).output(VerifyPasswordReset.Output.self).reset
        var dump = ""
        func look() async throws {
            for table in ["accounts", "code_challenges", "grants", "events", "idempotency"] {
                for row in try await house.fixture.kept.rows(of: table) { dump += row.written.joined(separator: "\n") }
            }
        }
        try await look()
        #expect(try await house.completeReset(right, fresh).status == 200)
        try await look()
        #expect(dump.contains("account.password.reset"))
        for secret in [challenge, code, right, fresh] { #expect(!dump.contains(secret)) }
    }
}

extension AuthHouse {
    fileprivate func startReset(_ email: String) async throws -> String {
        try await send("password.reset.start", ["email": email]).output(Challenge.self).challenge
    }

    fileprivate func verifyReset(_ challenge: String, _ code: String) async throws -> CommandReply {
        try await send("password.reset.verify", ["challenge": challenge, "code": code])
    }

    fileprivate func completeReset(_ right: String, _ password: String) async throws -> CommandReply {
        try await send("password.reset.complete", ["reset": right, "password": password])
    }

    /// Goes as far as the right to a new password.
    fileprivate func reset(_ email: String) async throws -> String {
        let challenge = try await startReset(email)
        return try await verifyReset(challenge, try await code(to: email)).output(VerifyPasswordReset.Output.self).reset
    }

    /// The hash of the only account's password.
    fileprivate func hash() async throws -> String? {
        try await fixture.kept.row(of: "accounts").text("password_hash")
    }
}

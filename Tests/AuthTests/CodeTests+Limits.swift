import CommandBus
import Support
import Testing

@testable import Auth

@Suite("How many codes are sent, and by which clock")
struct CodeLimitTests {
    private let email = "asha@example.com"

    @Test("One letter a minute: refused after 59 seconds, sent after 60")
    func pause() async throws {
        let house = try await AuthHouse()
        _ = try await house.start(email)
        let soon = try await house.send("registration.start", ["email": email])
        #expect(soon.status == 429)
        #expect(soon.code == "too_many_mails")
        #expect(soon.retryAfter == 60)
        // Another address is not held up.
        _ = try await house.start("other@example.com")
        house.fixture.clock.advance(seconds: 59)
        #expect(try await house.send("registration.start", ["email": email]).retryAfter == 1)
        house.fixture.clock.advance(milliseconds: 999)
        #expect(try await house.send("registration.start", ["email": email]).retryAfter == 1)
        #expect(try await house.letters(to: email).count == 1)
        #expect(try await house.fixture.kept.count(of: "code_challenges") == 2)
        house.fixture.clock.advance(milliseconds: 1)
        _ = try await house.start(email)
        #expect(try await house.letters(to: email).count == 2)
    }

    @Test("Five letters an hour: the fifth is sent, the sixth is refused until the first is an hour old")
    func hour() async throws {
        let house = try await AuthHouse()
        for _ in 0..<5 {
            _ = try await house.start(email)
            house.fixture.clock.advance(seconds: 60)
        }
        let sixth = try await house.send("registration.start", ["email": email])
        #expect(sixth.code == "too_many_mails")
        #expect(sixth.retryAfter == 3600 - 300)
        house.fixture.clock.advance(seconds: 3299)
        #expect(try await house.send("registration.start", ["email": email]).retryAfter == 1)
        #expect(try await house.letters(to: email).count == 5)
        house.fixture.clock.advance(seconds: 1)
        _ = try await house.start(email)
        #expect(try await house.letters(to: email).count == 6)
    }

    @Test(
        "Codes that anybody can ask for share one budget; those of whoever has the password another, and of a session a third"
    )
    func budgets() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let token = try await house.session(of: account)
        _ = try await house.start(email)
        #expect(try await house.send("password.reset.start", ["email": email]).code == "too_many_mails")
        // Strangers don't use up the codes of a sign-in.
        #expect(try await house.open(email).output(SessionView.self).challenge != nil)
        #expect(try await house.open(email).code == "too_many_mails")
        // And whoever has only a token doesn't use up those of a sign-in, either.
        #expect(try await house.send("stepup.start", ["purpose": "email_change"], as: token).status == 202)
        let other = try await house.send("stepup.start", ["purpose": "password_change"], as: token)
        #expect(other.code == "too_many_mails")
        house.fixture.clock.advance(seconds: 60)
        #expect(try await house.send("password.reset.start", ["email": email]).status == 202)
        #expect(try await house.send("stepup.start", ["purpose": "email_change"], as: token).status == 202)
    }

    @Test("A stranger's wrong answers don't use up those of the owner")
    func failuresByBudget() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        for _ in 0..<2 {
            let challenge = try await house.send("password.reset.start", ["email": email])
                .output(AuthHouse.Challenge.self).challenge
            let wrong = try await house.wrongCode(to: email)
            for _ in 0..<5 {
                _ = try await house.send("password.reset.verify", ["challenge": challenge, "code": wrong])
            }
            house.fixture.clock.advance(seconds: 60)
        }
        let challenge = try await house.send("password.reset.start", ["email": email])
            .output(AuthHouse.Challenge.self).challenge
        let reset = ["challenge": challenge, "code": try await house.code(to: email)]
        #expect(try await house.send("password.reset.verify", reset).code == "too_many_tries")
        _ = try await house.signIn(email)
    }

    @Test("Every number is a setting")
    func settings() async throws {
        var configuration = AuthConfiguration()
        configuration.codes.lifetime = 90
        configuration.codes.triesPerCode = 2
        configuration.codes.triesPerDay = 3
        configuration.codes.pauseBetweenMails = 10
        configuration.codes.mailsPerHour = 3
        configuration.registrationLifetime = 20
        let house = try await AuthHouse(configuration: configuration)
        let start = house.fixture.clock.now()

        let first = try await house.send("registration.start", ["email": email]).output(AuthHouse.Challenge.self)
        #expect(first.expiresAt == start.adding(seconds: 90))
        let wrong = try await house.wrongCode(to: email)
        #expect(try await house.answer(first.challenge, wrong).code == "invalid_code")
        #expect(try await house.answer(first.challenge, wrong).code == "code_expired")
        #expect(try await house.send("registration.start", ["email": email]).retryAfter == 10)
        house.fixture.clock.advance(seconds: 10)
        let second = try await house.start(email)
        #expect(try await house.answer(second, try await house.wrongCode(to: email)).code == "invalid_code")
        #expect(try await house.answer(second, try await house.code(to: email)).code == "too_many_tries")
        house.fixture.clock.advance(seconds: 10)
        _ = try await house.start(email)
        house.fixture.clock.advance(seconds: 10)
        #expect(try await house.send("registration.start", ["email": email]).retryAfter == 3600 - 30)

        let grant = try await house.grant("other@example.com")
        house.fixture.clock.advance(seconds: 20)
        #expect(try await house.complete(grant).code == "registration_expired")
    }

    // MARK: - Clocks that are set back

    @Test("A code that was sent in the future is dead, but for the skew of clocks; nothing of it is used up")
    func codeOfTheFuture() async throws {
        let house = try await AuthHouse()
        let challenge = try await house.start(email)
        let code = try await house.code(to: email)
        house.fixture.clock.advance(milliseconds: -60_001)
        #expect(try await house.answer(challenge, code).code == "code_expired")
        #expect(try await house.fixture.kept.row(of: "code_challenges").integer("failures") == 0)
        house.fixture.clock.advance(milliseconds: 1)
        #expect(try await house.answer(challenge, code).status == 200)
    }

    @Test("Letters of the future hold up nobody for longer than the pause", arguments: [-3600, -86_400 * 400])
    func lettersOfTheFuture(seconds: Int) async throws {
        let house = try await AuthHouse()
        for _ in 0..<5 {
            _ = try await house.start(email)
            house.fixture.clock.advance(seconds: 60)
        }
        house.fixture.clock.advance(seconds: seconds)
        _ = try await house.start(email)
        // The letters that were sent by this clock count as ever.
        #expect(try await house.send("registration.start", ["email": email]).retryAfter == 60)
    }

    @Test("Within the skew of clocks a letter counts, and nobody is told to wait for longer than the pause")
    func lettersOfAnotherClock() async throws {
        let house = try await AuthHouse()
        _ = try await house.start(email)
        house.fixture.clock.advance(seconds: -30)
        #expect(try await house.send("registration.start", ["email": email]).retryAfter == 60)
        house.fixture.clock.advance(seconds: 90)
        _ = try await house.start(email)
    }

    @Test("Wrong answers of the future don't count, and nobody is told to wait for longer than a day")
    func failuresOfTheFuture() async throws {
        var configuration = AuthConfiguration()
        configuration.codes.pauseBetweenMails = 0
        configuration.codes.mailsPerHour = 50
        let house = try await AuthHouse(configuration: configuration)
        for _ in 0..<2 {
            let challenge = try await house.start(email)
            let wrong = try await house.wrongCode(to: email)
            for _ in 0..<5 { _ = try await house.answer(challenge, wrong) }
            house.fixture.clock.advance(seconds: 10)
        }
        func next() async throws -> CommandReply {
            let challenge = try await house.start(email)
            return try await house.answer(challenge, try await house.code(to: email))
        }
        #expect(try await next().code == "too_many_tries")
        // All of them are 130 and 140 seconds ahead.
        house.fixture.clock.advance(seconds: -150)
        #expect(try await next().status == 200)
        // Five are 55 seconds ahead, which another clock may be; five are 65.
        house.fixture.clock.advance(seconds: 75)
        #expect(try await next().status == 200)
        // All of them may come from another clock.
        house.fixture.clock.advance(seconds: 15)
        let refused = try await next()
        #expect(refused.code == "too_many_tries")
        #expect(refused.retryAfter == 24 * 3600)
    }
}

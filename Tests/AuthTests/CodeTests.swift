import CommandBus
import Support
import Testing

@testable import Auth

@Suite("One-time codes")
struct CodeTests {
    private let email = "asha@example.com"

    @Test("Five wrong answers kill a code, and the right one is too late then")
    func triesPerCode() async throws {
        let house = try await AuthHouse()
        let challenge = try await house.start(email)
        let wrong = try await house.wrongCode(to: email)
        for left in [4, 3, 2, 1] {
            let reply = try await house.answer(challenge, wrong)
            #expect(reply.status == 401)
            #expect(reply.code == "invalid_code")
            #expect(reply.problem?.detail.contains(left == 1 ? "One try is" : "\(left) tries are") == true)
        }
        #expect(try await house.answer(challenge, wrong).code == "code_expired")
        let right = try await house.answer(challenge, try await house.code(to: email))
        #expect(right.status == 409)
        #expect(right.code == "code_expired")
        #expect(try await house.fixture.kept.count(of: "grants") == 0)
    }

    @Test("The fifth try may be the right one")
    func fifthTry() async throws {
        let house = try await AuthHouse()
        let challenge = try await house.start(email)
        let wrong = try await house.wrongCode(to: email)
        for _ in 0..<4 { #expect(try await house.answer(challenge, wrong).status == 401) }
        #expect(try await house.answer(challenge, try await house.code(to: email)).status == 200)
    }

    @Test("Guesses that race count one by one")
    func racingGuesses() async throws {
        let house = try await AuthHouse()
        let challenge = try await house.start(email)
        let wrong = try await house.wrongCode(to: email)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    let reply = try? await house.answer(challenge, wrong)
                    #expect(reply?.isProblem == true)
                }
            }
        }
        #expect(try await house.fixture.kept.rows(of: "code_challenges").compactMap { $0.integer("failures") }.max() == 5)
    }

    @Test("Resending a code resets nothing: the tenth wrong answer of a day is the last, though every code has tries left")
    func triesPerDay() async throws {
        let house = try await AuthHouse()
        for wrongAnswers in [4, 4, 2] {
            let challenge = try await house.start(email)
            let wrong = try await house.wrongCode(to: email)
            for _ in 0..<wrongAnswers { #expect(try await house.answer(challenge, wrong).status == 401) }
            house.fixture.clock.advance(seconds: 60)
        }
        // Not one of these codes is used up: whoever counts by the code would take the next answer.
        let failures = try await house.fixture.kept.rows(of: "code_challenges").compactMap { $0.integer("failures") }
        #expect(failures.allSatisfy { $0 < 5 })
        let challenge = try await house.start(email)
        let right = try await house.code(to: email)
        let refused = try await house.answer(challenge, right)
        #expect(refused.status == 429)
        #expect(refused.code == "too_many_tries")
        // The first four stop counting a day after they were sent.
        #expect(refused.retryAfter == 24 * 3600 - 180)
        #expect(try await house.fixture.kept.count(of: "grants") == 0)

        house.fixture.clock.advance(milliseconds: (24 * 3600 - 180) * 1000 - 1)
        let almost = try await house.start(email)
        #expect(try await house.answer(almost, try await house.code(to: email)).retryAfter == 1)
        house.fixture.clock.advance(milliseconds: 2)
        #expect(try await house.answer(almost, try await house.code(to: email)).status == 200)
    }

    @Test("After nine wrong answers the tenth may be the right one")
    func ninthTry() async throws {
        let house = try await AuthHouse()
        for wrongAnswers in [4, 4, 1] {
            let challenge = try await house.start(email)
            let wrong = try await house.wrongCode(to: email)
            for _ in 0..<wrongAnswers { #expect(try await house.answer(challenge, wrong).status == 401) }
            if wrongAnswers == 1 {
                #expect(try await house.answer(challenge, try await house.code(to: email)).status == 200)
            }
            house.fixture.clock.advance(seconds: 60)
        }
    }

    @Test("A code is good once, for five minutes, for its challenge and for its purpose")
    func scope() async throws {
        let house = try await AuthHouse()
        let challenge = try await house.start(email)
        let code = try await house.code(to: email)
        #expect(try await house.answer(challenge, code).status == 200)
        #expect(try await house.answer(challenge, code).code == "code_expired")

        let inTime = try await house.start("just@example.com")
        let other = try await house.start("other@example.com")
        house.fixture.clock.advance(seconds: 60)
        let mine = try await house.start(email)
        let strange = try await house.answer(mine, try await house.code(to: "other@example.com"))
        #expect(strange.code == "invalid_code")

        house.fixture.clock.advance(milliseconds: 239_999)
        #expect(try await house.answer(inTime, try await house.code(to: "just@example.com")).status == 200)
        house.fixture.clock.advance(milliseconds: 1)
        #expect(try await house.answer(other, try await house.code(to: "other@example.com")).code == "code_expired")
    }

    @Test("A code of another purpose is no code at all, and is not used up by being shown")
    func purposes() async throws {
        let house = try await AuthHouse()
        let rider = try await house.add("rider@example.com")
        let token = try await house.session(of: rider)
        let signIn = try #require(try await house.open("rider@example.com").output(SessionView.self).challenge)
        let signInCode = try await house.code(to: "rider@example.com")
        let registration = try await house.start(email)
        let reset = try await house.send("password.reset.start", ["email": "rider@example.com"])
            .output(AuthHouse.Challenge.self).challenge
        let codes = [
            registration: try await house.code(to: email), signIn: signInCode,
            reset: try await house.code(to: "rider@example.com"),
        ]
        let commands = [
            "registration.verify": registration, "session.verify": signIn, "password.reset.verify": reset,
            "stepup.verify": "",
        ]
        for (command, own) in commands {
            for (challenge, code) in codes where challenge != own {
                let reply = try await house.send(command, ["challenge": challenge, "code": code], as: token)
                #expect(reply.status == 409)
                #expect(reply.code == "code_expired")
            }
        }
        for row in try await house.fixture.kept.rows(of: "code_challenges") { #expect(row.integer("failures") == 0) }
        for (command, own) in commands where !own.isEmpty {
            let answer = ["challenge": own, "code": try #require(codes[own])]
            #expect(try await house.send(command, answer).status == 200)
        }
    }

    @Test("An older code stays good: else a stranger who asks for another would void the owner's")
    func olderCode() async throws {
        let house = try await AuthHouse()
        let challenge = try await house.start(email)
        let code = try await house.code(to: email)
        house.fixture.clock.advance(seconds: 60)
        _ = try await house.start(email)
        #expect(try await house.answer(challenge, code).status == 200)
    }

    @Test("Tries are taken from whoever answers, before the code is looked at, and given back if it was right")
    func guesses() async throws {
        let guesses = CountedGuesses()
        let house = try await AuthHouse(guesses: guesses)
        let rider = try await house.add("rider@example.com", role: .developer)
        let token = try await house.session(of: rider)
        let asked: [(command: String, start: String, input: [String: String], address: String)] = [
            ("registration.verify", "registration.start", ["email": email], email),
            ("password.reset.verify", "password.reset.start", ["email": "rider@example.com"], "rider@example.com"),
            ("stepup.verify", "stepup.start", ["purpose": "password_change"], "rider@example.com"),
        ]
        for (command, start, input, address) in asked {
            let challenge = try await house.send(start, input, as: token).output(AuthHouse.Challenge.self).challenge
            let right = ["challenge": challenge, "code": try await house.code(to: address)]
            let wrong = ["challenge": challenge, "code": try await house.wrongCode(to: address)]

            let before = guesses.spent
            #expect(try await house.send(command, wrong, as: token).code == "invalid_code")
            #expect(guesses.spent == before + 1)

            guesses.refuse(for: 7)
            let refused = try await house.send(command, right, as: token)
            #expect(refused.status == 429)
            #expect(refused.code == "too_many_guesses")
            #expect(refused.retryAfter == 7)
            guesses.refuse(for: nil)

            #expect(try await house.send(command, right, as: token).status == 200)
            #expect(guesses.spent == before + 1)
        }
    }
}

extension AuthHouse {
    /// Answers the code of a registration.
    func answer(_ challenge: String, _ code: String) async throws -> CommandReply {
        try await send("registration.verify", ["challenge": challenge, "code": code])
    }
}

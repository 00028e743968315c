import CommandBus
import Support
import Testing

@testable import Auth

@Suite("Whose budget a guess or a letter is taken from")
struct GuessBudgetTests {
    private let here = "203.0.113.1"

    private func house(_ change: (inout AuthConfiguration) -> Void) async throws -> AuthHouse {
        var configuration = AuthConfiguration()
        change(&configuration)
        return try await AuthHouse(configuration: configuration)
    }

    /// A question, and a wrong answer to it.
    private func registration(_ house: AuthHouse, _ email: String) async throws -> [String: String] {
        let challenge = try await house.send("registration.start", ["email": email]).output(AuthHouse.Challenge.self)
        return ["challenge": challenge.challenge, "code": try await house.wrongCode(to: email)]
    }

    @Test("Whoever answers strangers' codes is a stranger, whatever token is sent along")
    func tokenSentAlong() async throws {
        let house = try await house { $0.guesses.address = Rate(perSecond: 0.001, burst: 3) }
        let account = try await house.add("asha@example.com")
        for number in 0..<3 {
            // A new session each time: were its budget asked, it would be full again.
            let token = try await house.session(of: account)
            let answer = try await registration(house, "rider\(number)@example.com")
            #expect(try await house.send("registration.verify", answer, as: token, from: here).code == "invalid_code")
        }
        let token = try await house.session(of: account)
        let answer = try await registration(house, "rider9@example.com")
        #expect(try await house.send("registration.verify", answer, as: token, from: here).code == "too_many_guesses")
        let reset = try await house.send("password.reset.start", ["email": "rider8@example.com"])
            .output(AuthHouse.Challenge.self)
        let guess = ["challenge": reset.challenge, "code": "00000000"]
        #expect(try await house.send("password.reset.verify", guess, as: token, from: here).code == "too_many_guesses")
    }

    @Test("A session answers its own codes from a budget of its own, wherever it is")
    func session() async throws {
        let house = try await house {
            $0.guesses.address = Rate(perSecond: 0.001, burst: 3)
            $0.codes.pauseBetweenMails = 0
            $0.codes.mailsPerHour = 50
            $0.codes.triesPerDay = 50
        }
        let token = try await house.session(of: try await house.add("asha@example.com"))
        func guess(from address: String) async throws -> CommandReply {
            let asked = try await house.send("stepup.start", ["purpose": "email_change"], as: token)
                .output(AuthHouse.Challenge.self)
            let answer = ["challenge": asked.challenge, "code": try await house.wrongCode(to: "asha@example.com")]
            return try await house.send("stepup.verify", answer, as: token, from: address)
        }
        for number in 0..<3 { #expect(try await guess(from: "203.0.113.\(number)").code == "invalid_code") }
        #expect(try await guess(from: "203.0.113.9").code == "too_many_guesses")
        // Neither its network nor anybody else was charged for it.
        let other = try await registration(house, "ravi@example.com")
        #expect(try await house.send("registration.verify", other, from: "203.0.113.9").code == "invalid_code")
    }

    @Test("Everybody's wrong passwords keep nobody from answering a code, and strangers' wrong codes nobody from signing in")
    func apart() async throws {
        let house = try await house { $0.guesses.global = Rate(perSecond: 0.001, burst: 4) }
        let email = "asha@example.com"
        try await house.add(email)
        let asked = try #require(try await house.open(email).output(SessionView.self).challenge)
        let code = try await house.code(to: email)
        let waiting = try await registration(house, "ravi@example.com")
        func password(_ number: Int) async throws -> CommandReply {
            let input = ["email": "rider\(number)@example.com", "password": "not the password"]
            return try await house.send("session.open", input, from: "198.51.100.\(number)")
        }
        for number in 0..<4 { #expect(try await password(number).status == 401) }
        #expect(try await password(5).code == "too_many_guesses")
        // Strangers' codes have a budget of their own, and use it up.
        #expect(try await house.send("registration.verify", waiting, from: "198.51.100.20").code == "invalid_code")
        for number in 0..<3 {
            let answer = try await registration(house, "stranger\(number)@example.com")
            #expect(
                try await house.send("registration.verify", answer, from: "198.51.100.3\(number)").code == "invalid_code")
        }
        let last = try await registration(house, "stranger9@example.com")
        #expect(try await house.send("registration.verify", last, from: "198.51.100.40").code == "too_many_guesses")
        // Whoever has shown the password is let in by the code all the same.
        #expect(
            try await house.send("session.verify", ["challenge": asked, "code": code], from: "198.51.100.50").status == 200
        )
    }

    @Test("A site of IPv6, which may have 65,536 networks, guesses no more than four of them")
    func site() async throws {
        let house = try await house { $0.guesses.address = Rate(perSecond: 0.001, burst: 3) }
        func guess(_ number: Int, _ address: String) async throws -> CommandReply {
            let input = ["email": "rider\(number)@example.com", "password": "not the password"]
            return try await house.send("session.open", input, from: address)
        }
        for number in 0..<12 { #expect(try await guess(number, "2001:db8:0:\(number)::1").status == 401) }
        #expect(try await guess(20, "2001:db8:0:99::1").code == "too_many_guesses")
        #expect(try await guess(21, "2001:db8:1:99::1").status == 401)
    }

    @Test("An answer to no code at all costs nothing")
    func nothingLooked() async throws {
        let house = try await house { $0.guesses.address = Rate(perSecond: 0.001, burst: 1) }
        for _ in 0..<5 {
            let made = ["challenge": String(repeating: "A", count: 43), "code": "12345678"]
            #expect(try await house.send("session.verify", made, from: here).code == "code_expired")
        }
    }

    @Test("The numbers of letters, unless they are configured")
    func letterNumbers() {
        #expect(AuthConfiguration().codes.network == Rate(perSecond: 600.0 / 3600, burst: 100))
    }

    @Test("One network has so many letters sent to addresses that anybody can name, whoever they are, and no more")
    func letters() async throws {
        let house = try await house { $0.codes.network = Rate(perSecond: 0.1, burst: 4) }
        let account = try await house.add("asha@example.com")
        func ask(_ command: String, _ email: String, from address: String? = nil) async throws -> CommandReply {
            try await house.send(command, ["email": email], from: address ?? here)
        }
        #expect(try await ask("registration.start", "rider1@example.com").status == 202)
        #expect(try await ask("registration.start", "asha@example.com").status == 202)
        #expect(try await ask("password.reset.start", "rider2@example.com").status == 202)
        #expect(try await ask("password.reset.start", "rider3@example.com").status == 202)
        for command in ["registration.start", "password.reset.start"] {
            for email in ["asha@example.com", "rider4@example.com"] {
                let refused = try await ask(command, email)
                #expect(refused.code == "too_many_mails")
                #expect(refused.retryAfter == 10)
            }
        }
        #expect(try await house.letters(to: "rider4@example.com").isEmpty)
        #expect(try await ask("registration.start", "rider4@example.com", from: "203.0.113.2").status == 202)
        // What takes a password or a session is no matter of the network's: these letters go to their owners.
        let signIn = ["email": "asha@example.com", "password": AuthHouse.password]
        #expect(try await house.send("session.open", signIn, from: here).status == 200)
        let token = try await house.session(of: account)
        house.fixture.clock.advance(seconds: 1)
        #expect(try await house.send("stepup.start", ["purpose": "email_change"], as: token, from: here).status == 202)
    }

    @Test("A mailbox is welcomed once, by whatever address it is reached")
    func welcome() async throws {
        let house = try await house { $0.codes.pauseBetweenMails = 0 }
        var balances: [Int64?] = []
        for email in [
            "asha@example.com", "asha+1@example.com", "asha+bus@example.com", "ravi+1@example.com", "ravi@example.com",
        ] {
            let session = try await house.complete(try await house.grant(email)).output(SessionView.self)
            balances.append(try await house.fixture.balance(try #require(session.account)))
        }
        #expect(balances == [40_000, 0, 0, 40_000, 0])
    }
}

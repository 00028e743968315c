import CommandBus
import Cryptography
import Support
import Synchronization
import Testing

@testable import Auth

@Suite("Guessing passwords, codes and tokens")
struct GuessTests {
    private let email = "asha@example.com"

    /// Tries a password.
    private func guess(
        _ house: AuthHouse, at email: String, from address: String, password: String = "not the password",
        device: String? = nil
    ) async throws -> CommandReply {
        var input = ["email": email, "password": password]
        input["device"] = device
        return try await house.bus.send(
            "session.open", String(decoding: try WireJSON.encode(input), as: UTF8.self), address: address
        )
    }

    /// As many wrong tries as it takes to be refused.
    ///
    /// - Returns: how many were looked at, and the refusal.
    private func exhaust(
        upTo limit: Int, _ attempt: (_ number: Int) async throws -> CommandReply
    ) async throws -> (count: Int, refusal: CommandReply?) {
        for number in 0..<limit {
            let reply = try await attempt(number)
            if reply.code == "too_many_guesses" { return (number, reply) }
            #expect(reply.status == 401)
        }
        return (limit, nil)
    }

    private func configuration(_ change: (inout AuthConfiguration.Guesses) -> Void) -> AuthConfiguration {
        var configuration = AuthConfiguration()
        change(&configuration.guesses)
        return configuration
    }

    @Test("The numbers, unless they are configured")
    func numbers() {
        let guesses = AuthConfiguration().guesses
        #expect(guesses.account == Rate(perSecond: 10.0 / 3600, burst: 10))
        #expect(guesses.address == Rate(perSecond: 600.0 / 3600, burst: 100))
        #expect(guesses.global == Rate(perSecond: 1, burst: 1000))
        #expect(guesses.tokens == Rate(perSecond: 1, burst: 100))
    }

    @Test(
        "Ten wrong passwords for an address, wherever they come from, then one each six minutes", arguments: [true, false])
    func targeted(hasAccount: Bool) async throws {
        let house = try await AuthHouse()
        if hasAccount { try await house.add(email) }
        let (count, refusal) = try await exhaust(upTo: 20) { number in
            // Neither another network address nor another spelling is another account.
            try await guess(house, at: number % 2 == 0 ? email : "Asha@Example.com", from: "203.0.113.\(number)")
        }
        #expect(count == 10)
        #expect(refusal?.status == 429)
        #expect(refusal?.retryAfter == 360)
        // The right one is not looked at either, or being refused would tell.
        #expect(
            try await guess(house, at: email, from: "198.51.100.1", password: AuthHouse.password).code == "too_many_guesses"
        )
        #expect(try await house.letters(to: email).isEmpty)
        house.fixture.clock.advance(seconds: 359)
        #expect(try await guess(house, at: email, from: "198.51.100.1").code == "too_many_guesses")
        house.fixture.clock.advance(seconds: 1)
        #expect(try await guess(house, at: email, from: "198.51.100.1").code == "invalid_credentials")
        #expect(try await guess(house, at: email, from: "198.51.100.1").code == "too_many_guesses")
    }

    @Test("A hundred guesses at once are ten that are looked at")
    func race() async throws {
        let house = try await AuthHouse()
        let email = email
        try await house.add(email)
        let codes = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<100 {
                group.addTask { try await guess(house, at: email, from: "203.0.113.\(number)").code }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.count { $0 == "invalid_credentials" } == 10)
        #expect(codes.count { $0 == "too_many_guesses" } == 90)
    }

    @Test("A right password costs nothing, however often")
    func rightIsFree() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        for _ in 0..<9 { #expect(try await guess(house, at: email, from: "203.0.113.1").status == 401) }
        for _ in 0..<12 {
            #expect(try await guess(house, at: email, from: "203.0.113.1", password: AuthHouse.password).status == 200)
            house.fixture.clock.advance(seconds: 1)
            #expect(
                try await guess(house, at: email, from: "203.0.113.1", password: AuthHouse.password).code
                    == "too_many_mails",
                "a right password, but no second code within a minute"
            )
            // Wide apart, that the mails of an hour suffice; the budget refills meanwhile, which is not what is shown here.
            house.fixture.clock.advance(seconds: 3600)
            for _ in 0..<9 { _ = try await guess(house, at: email, from: "203.0.113.1") }
        }
    }

    @Test("Nobody's guesses keep a known device out, and its own are counted by themselves")
    func knownDevice() async throws {
        let house = try await AuthHouse(
            configuration: configuration {
                $0.global = Rate(perSecond: 0.001, burst: 30)
                $0.address = Rate(perSecond: 0.001, burst: 25)
            })
        try await house.add(email)
        let device = try await house.remembered(email)
        // The account, its network address and the server as a whole are exhausted.
        for _ in 0..<12 { _ = try await guess(house, at: email, from: "192.0.2.1") }
        for number in 0..<40 { _ = try await guess(house, at: "rider\(number)@example.com", from: "192.0.2.1") }
        #expect(
            try await guess(house, at: email, from: "192.0.2.1", password: AuthHouse.password).code == "too_many_guesses"
        )
        // A device that the account does not know is any stranger's.
        #expect(
            try await guess(
                house, at: email, from: "192.0.2.1", password: AuthHouse.password, device: "device-of-a-stranger"
            ).code == "too_many_guesses"
        )
        let reply = try await guess(house, at: email, from: "192.0.2.1", password: AuthHouse.password, device: device)
        #expect(reply.status == 200)
        let next = try #require(try reply.output(SessionView.self).device)
        // Its own tries are bounded too, and so is a copied one's owner: by the second factor.
        let (count, refusal) = try await exhaust(upTo: 20) { _ in
            try await guess(house, at: email, from: "192.0.2.1", device: next)
        }
        #expect(count == 10)
        #expect(refusal?.retryAfter == 360)
        // A known device of one account is nothing to another one's.
        try await house.add("other@example.com")
        for _ in 0..<10 { _ = try await guess(house, at: "other@example.com", from: "203.0.113.9") }
        #expect(
            try await guess(
                house, at: "other@example.com", from: "203.0.113.9", password: AuthHouse.password, device: next
            ).code == "too_many_guesses"
        )
    }

    @Test("Who sprays over many accounts from one network address is stopped there")
    func sprayed() async throws {
        let house = try await AuthHouse()
        let (count, refusal) = try await exhaust(upTo: 120) { number in
            try await guess(house, at: "rider\(number)@example.com", from: "203.0.113.7")
        }
        #expect(count == 100)
        #expect(refusal?.retryAfter == 6)
        #expect(try await guess(house, at: "rider500@example.com", from: "203.0.113.8").status == 401)
        // The accounts were not charged for what was refused.
        for _ in 0..<10 { #expect(try await guess(house, at: "rider110@example.com", from: "203.0.113.8").status == 401) }
    }

    @Test("All of an IPv6 network is one address, and of two networks each is its own")
    func ipv6() async throws {
        let house = try await AuthHouse(configuration: configuration { $0.address = Rate(perSecond: 0.001, burst: 5) })
        let (count, _) = try await exhaust(upTo: 20) { number in
            try await guess(house, at: "rider\(number)@example.com", from: "2001:db8:0:1:\(number)::\(number)")
        }
        #expect(count == 5)
        #expect(try await guess(house, at: "rider99@example.com", from: "2001:db8:0:2::1").status == 401)
    }

    @Test("Who sprays from many network addresses runs into the budget that all have in common")
    func global() async throws {
        let house = try await AuthHouse(configuration: configuration { $0.global = Rate(perSecond: 1, burst: 50) })
        let (count, refusal) = try await exhaust(upTo: 80) { number in
            try await guess(house, at: "rider\(number)@example.com", from: "203.0.113.\(number)")
        }
        #expect(count == 50)
        #expect(refusal?.retryAfter == 1)
    }

    @Test("Wrong codes are counted by network address; right ones cost nothing")
    func codes() async throws {
        let house = try await AuthHouse(configuration: configuration { $0.address = Rate(perSecond: 0.001, burst: 3) })
        func verify(_ challenge: String, _ code: String, from address: String) async throws -> CommandReply {
            try await house.bus.send(
                "registration.verify", #"{"challenge":"\#(challenge)","code":"\#(code)"}"#, address: address
            )
        }
        func challenge(_ number: Int) async throws -> (challenge: String, email: String) {
            let email = "rider\(number)@example.com"
            return (
                try await house.send("registration.start", ["email": email]).output(AuthHouse.Challenge.self).challenge,
                email
            )
        }
        for number in 0..<6 {
            let (right, email) = try await challenge(number)
            #expect(try await verify(right, try await house.code(to: email), from: "203.0.113.1").status == 200)
        }
        for number in 10..<13 {
            let (wrong, email) = try await challenge(number)
            let reply = try await verify(wrong, try await house.wrongCode(to: email), from: "203.0.113.1")
            #expect(reply.code == "invalid_code")
        }
        let (last, email) = try await challenge(20)
        let code = try await house.code(to: email)
        #expect(try await verify(last, code, from: "203.0.113.1").code == "too_many_guesses")
        // It was not looked at, so it is good still.
        #expect(try await verify(last, code, from: "203.0.113.2").status == 200)
    }

    @Test("Unknown tokens are bounded for each network address; good ones, and those that were good, are not")
    func tokens() async throws {
        let house = try await AuthHouse(configuration: configuration { $0.tokens = Rate(perSecond: 0.01, burst: 5) })
        let account = try await house.add(email)
        let old = try await house.session(of: account)
        let live = try await house.session(of: account)
        func show(_ token: String, from address: String = "203.0.113.1") async throws -> CommandReply {
            try await house.bus.send("session.show", as: token, address: address)
        }
        func made(_ number: UInt8) -> String { SecretToken(bytes: Array(repeating: number, count: 32)).text }
        for _ in 0..<20 {
            await house.cache.forgetAll()
            #expect(try await show(live).status == 200)
            #expect(try await show(old).code == "session_replaced")
            // What can't be a token is not worth a question to the store, nor a try.
            #expect(try await show("nonsense").code == "not_signed_in")
        }
        for number in 0..<5 { #expect(try await show(made(UInt8(number))).code == "not_signed_in") }
        let refusal = try await show(made(9))
        #expect(refusal.code == "too_many_guesses")
        #expect(refusal.retryAfter == 100)
        // A session that is in the cache is not looked up, and so not hindered; nor is anybody elsewhere.
        #expect(try await show(live).status == 200)
        #expect(try await show(made(9), from: "203.0.113.2").code == "not_signed_in")
    }

    @Test("Being told that the server is busy costs no try")
    func busyIsFree() async throws {
        let hasher = PasswordHasher(threads: 1, waiting: 0, cost: Argon2id.Cost(memory: 65_536, passes: 4))
        let house = try await AuthHouse(hasher: hasher)
        let email = email
        // From as many places, so that their budgets are not what is seen here.
        let codes = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<9 {
                group.addTask { try await guess(house, at: email, from: "203.0.113.\(number)").code }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let looked = codes.count { $0 == "invalid_credentials" }
        #expect(codes.count { $0 == "sign_in_busy" } == 9 - looked)
        #expect(looked < 9)
        let (left, _) = try await exhaust(upTo: 20) { number in
            try await guess(house, at: email, from: "198.51.100.\(number)")
        }
        #expect(left == 10 - looked)
    }

    @Test("The names of the budgets tell neither address nor network")
    func names() async throws {
        let recorder = RecordingLimiter()
        let house = try await AuthHouse(guesses: recorder)
        let account = try await house.add(email)
        let device = try await house.remembered(email)
        _ = try await guess(house, at: email, from: "203.0.113.77")
        _ = try await guess(house, at: email, from: "203.0.113.77", device: device)
        _ = try await house.bus.send(
            "session.show", as: SecretToken(bytes: Array(repeating: 1, count: 32)).text, address: "203.0.113.77"
        )
        _ = try await house.send("registration.start", ["email": "ravi@example.com"], from: "203.0.113.77")
        try await house.stepUp(.emailChange, as: try await house.session(of: account))
        let names = recorder.names
        #expect(
            Set(names.map { String($0.prefix { $0 != ":" }) })
                == ["account", "address", "device", "global", "letters", "session", "tokens"]
        )
        for name in names where name != "global:passwords" {
            #expect(
                name.wholeMatch(of: /(account|address|device|letters|session|tokens):[A-Za-z0-9_-]{22}/) != nil, "\(name)"
            )
        }
        #expect(!names.contains { $0.contains("asha") || $0.contains("203.0.113") || $0.contains("dev_") })
        // One kind's names are not another's: who sees them can't tell that they are of one caller.
        let address = names.filter { $0.hasPrefix("address:") }.map { $0.dropFirst(8) }
        #expect(!names.filter { $0.hasPrefix("tokens:") }.contains { address.contains($0.dropFirst(7)) })
    }
}

/// Admits everything, and tells what it was asked for.
private final class RecordingLimiter: GuessLimiter {
    private let state = Mutex<[String]>([])

    var names: [String] { state.withLock { $0 } }

    func take(_ budgets: [GuessBudget], at now: Timestamp) async -> Int? {
        state.withLock { $0 += budgets.map(\.name) }
        return nil
    }

    func giveBack(_ budgets: [GuessBudget], at now: Timestamp) async {}
}

import CommandBus
import Logging
import Support
import Testing

/// A command whose handler refuses as the test wants.
private enum Knock: Command {
    typealias Input = NoInput
    typealias Output = NoOutput

    static let name = "knock"
    static let route = RESTRoute.post("/v1/knocks")
    static let access = Access.anyone
    static let cost = CostClass.write
    static let idempotency = IdempotencyRule.none
    static let status = 204
    static let summary = "Knocks."
    static let example = NoInput()
}

@Suite("Who tries what they may not is logged")
struct RefusalLogTests {
    private let fixture: StoreFixture
    private let log = LogBook()

    init() async throws {
        fixture = try await StoreFixture("refusals")
    }

    /// - Parameter problem: what the handler of ``Knock`` refuses with; nil if it does not.
    private func bus(_ problem: Problem? = nil) -> CommandBus {
        fixture.bus(logger: log.logger) { registry in
            registry.registerTestCommands()
            registry.answer(Knock.self) { _, _ in
                if let problem { throw problem }
                return NoOutput()
            }
        }
    }

    @Test("The line says which command was refused and why, and whose account, address and trace that was")
    func line() async throws {
        let reply = try await bus().send("gauntlet.run", "{}", as: "conductor/a_7", address: "192.0.2.7", trace: "t7")
        #expect(reply.code == "not_allowed")
        let told = ["trace": "t7", "address": "192.0.2.7", "account": "a_7"]
        #expect(
            log.entries == [LogBook.Entry(level: .notice, message: "gauntlet.run refused: not_allowed", metadata: told)]
        )
    }

    @Test("Whoever is not signed in is nobody")
    func nobody() async throws {
        let problem = Problem(Self.invalidCredentials, "The address or the password is wrong.")
        #expect(try await bus(problem).send("knock", address: "192.0.2.8", trace: "t8").status == 401)
        let told = ["trace": "t8", "address": "192.0.2.8", "account": "nobody"]
        #expect(
            log.entries == [LogBook.Entry(level: .notice, message: "knock refused: invalid_credentials", metadata: told)]
        )
    }

    @Test(
        "What a guess is refused with is logged, whatever its status",
        arguments: [.notAllowed, .tooManyGuesses, wrongCode] as [Problem.Code]
    )
    func suspicious(code: Problem.Code) async throws {
        #expect(try await bus(Problem(code, "No.")).send("knock", as: "rider/a_1").code == code.name)
        #expect(log.entries.map(\.message) == ["knock refused: \(code.name)"])
    }

    /// The last two have the name and the status of codes that are logged: it is the mark of a code that decides.
    @Test(
        "What anybody may meet with is not",
        arguments: [
            .notFound("bus"), .invalid("/count", "must be less"), .notSignedIn, .sessionReplaced, .sessionRevoked,
            Problem(.tooManyRequests, "Come back in 1 s.", retryAfter: 1), Problem(.windowClosed, "It is night."),
            Problem(.init("not_allowed", status: 403, title: "Not allowed"), "No."),
            Problem(.init("invalid_credentials", status: 401, title: "Wrong"), "No."),
        ] as [Problem]
    )
    func ordinary(problem: Problem) async throws {
        #expect(try await bus(problem).send("knock", as: "rider/a_1").code == problem.code.name)
        #expect(log.entries == [])
    }

    @Test("A success is not, nor is what a gate refuses to whoever makes a mistake")
    func mistakes() async throws {
        let bus = bus()
        #expect(try await bus.send("knock", as: "rider/a_1").status == 204)
        #expect(try await bus.send("gauntlet.run", Gauntlet.goodInput, as: "rider/a_1", key: "k").status == 201)
        #expect(try await bus.send("gauntlet.run", Gauntlet.goodInput, key: "k").code == "not_signed_in")
        #expect(try await bus.send("gauntlet.run", Gauntlet.goodInput, as: "made up", key: "k").code == "not_signed_in")
        #expect(try await bus.send("gauntlet.run", Gauntlet.goodInput, as: "expired", key: "k").code == "session_expired")
        #expect(try await bus.send("gauntlet.run", "{}", as: "rider/a_1", key: "k").code == "invalid_input")
        #expect(try await bus.send("gauntlet.run", "{", as: "rider/a_1", key: "k").code == "malformed_json")
        let keyless = try await bus.send("gauntlet.run", Gauntlet.goodInput, as: "rider/a_1")
        #expect(keyless.code == "idempotency_key_required")
        #expect(log.entries == [])
    }

    @Test("Whoever makes up tokens is not logged: it comes before the limits of rates, and there would be no end of it")
    func tokens() async throws {
        var registry = CommandRegistry(store: fixture.store, publisher: fixture.publisher)
        registry.registerTestCommands()
        let bus = CommandBus(
            table: registry.table(), feeds: fixture.feeds, sessions: fixture.sessions, authenticator: WornOut(),
            limiter: TokenBuckets(rates: [:]), windows: StoreFixture.everythingOpen, maintenance: MaintenanceSwitch(),
            clock: fixture.clock, random: fixture.random, logger: log.logger
        )
        #expect(try await bus.send("whoami", as: "a-made-up-token", address: "192.0.2.9", trace: "t9").status == 429)
        #expect(log.entries == [])
    }

    @Test("No line has a token, an input or a key in it")
    func secrets() async throws {
        let input = #"{"password":"violet harbour","code":"12345678"}"#
        for token in ["conductor/a_1", "god_admin/a_2"] {
            let reply = try await bus().send("gauntlet.run", input, as: token, key: "key-of-mine")
            #expect(reply.code == "not_allowed")
        }
        #expect(log.entries.count == 2)
        for line in log.entries {
            let text = "\(line)"
            #expect(text.contains("a_1") || text.contains("a_2"))
            for secret in ["conductor/", "god_admin/", "violet", "12345678", "key-of-mine"] {
                #expect(!text.contains(secret))
            }
        }
    }

    private static let invalidCredentials = Problem.Code(
        "invalid_credentials", status: 401, title: "Wrong", isSuspicious: true
    )
    private static let wrongCode = Problem.Code("invalid_code", status: 401, title: "Wrong", isSuspicious: true)
}

/// Has heard enough tokens that there are none of.
private struct WornOut: Authenticator {
    func authenticate(token: String, from address: String, use: TokenUse) async throws -> Principal {
        throw Problem(.tooManyGuesses, "Too many unknown tokens.", retryAfter: 60)
    }
}

import CommandBus
import Support
import Synchronization
import Testing

/// A command that a page sends by itself.
private enum Peep: Command {
    typealias Input = NoInput
    typealias Output = NoOutput

    static let name = "peep"
    static let route = RESTRoute.post("/v1/peeps")
    static let access = Access.signedIn
    static let usesSession = false
    static let cost = CostClass.read
    static let idempotency = IdempotencyRule.none
    static let status = 204
    static let summary = "Looks in."
    static let example = NoInput()
}

@Suite("What a token is shown for")
struct TokenUseTests {
    @Test("A command is a use of the session unless it says otherwise; opening a feed is none")
    func uses() async throws {
        let fixture = try await StoreFixture("uses")
        let witness = Witness()
        var registry = CommandRegistry(store: fixture.store, publisher: fixture.publisher)
        registry.registerTestCommands()
        registry.answer(Peep.self) { _, _ in NoOutput() }
        let bus = CommandBus(
            table: registry.table(), feeds: fixture.feeds, sessions: fixture.sessions, authenticator: witness,
            limiter: TokenBuckets(rates: [:]), windows: StoreFixture.everythingOpen, maintenance: MaintenanceSwitch(),
            clock: fixture.clock, random: fixture.random, logger: StoreFixture.silent
        )
        #expect(try await bus.send("whoami", as: "rider/a_1").status == 200)
        #expect(try await bus.send("peep", as: "rider/a_1").status == 204)
        _ = try await bus.authenticate(token: "rider/a_1", from: "192.0.2.1")
        #expect(witness.seen == [.command, .feed, .feed])
    }
}

/// Knows everybody, and keeps what tokens were shown for.
private final class Witness: Authenticator {
    private let uses = Mutex<[TokenUse]>([])

    var seen: [TokenUse] { uses.withLock { $0 } }

    func authenticate(token: String, from address: String, use: TokenUse) async throws -> Principal {
        uses.withLock { $0.append(use) }
        return try await NamedTokens().authenticate(token: token, from: address, use: use)
    }
}

import CommandBus
import Foundation
import Support
import Testing

@Suite("The table of commands")
struct RegistryTests {
    @Test("Commands are found by name, and keep the order of their registration")
    func table() async throws {
        let table = try await StoreFixture("registry").bus { $0.registerTestCommands() }.table
        #expect(table.entries.map(\.name) == ["gauntlet.run", "ping", "whoami"])
        let entry = try #require(table["gauntlet.run"])
        #expect(entry.route == .post("/v1/gauntlets/{id}"))
        #expect(entry.route.placeholders == ["id"])
        #expect(!entry.route.takesQuery)
        #expect(entry.status == 201)
        #expect(entry.windows == [.queueing, .ticketing])
        #expect(entry.input.properties.map(\.name) == ["id", "count"])
        #expect(entry.example == Data(#"{"count":1,"id":"d_1"}"#.utf8))
        #expect(table["gauntlet"] == nil)
        #expect(table[""] == nil)
    }

    @Test("Health, windows and feeds are registered as they are declared")
    func own() async throws {
        let fixture = try await StoreFixture("registry")
        let bus = fixture.bus { registry in
            registry.registerHealth()
            registry.registerWindows(StoreFixture.everythingOpen)
            registry.registerFeedCommands(
                hub: fixture.feeds, tickets: FeedTickets(sessions: fixture.sessions, isAlive: { _ in true }))
        }
        #expect(try await bus.send("health.live").text == #"{"status":"ok"}"#)
        #expect(try await bus.send("health.ready").text == #"{"status":"ok"}"#)
        #expect(
            try await bus.send("windows.show").text == """
                {"asOf":"2026-11-24T12:00:00+05:30","isForced":true,"open":["processing","queueing","ticketing","waiting"]}
                """
        )
        #expect(try await bus.send("feeds.transport.show").text == #"{"transport":"both"}"#)
        #expect(try await bus.send("feeds.ticket").code == "not_signed_in")
        let ticket = try await bus.send("feeds.ticket", as: "rider/a_1")
        #expect(ticket.status == 201)
        #expect(ticket.text.contains(#""expiresAt":"2026-11-24T12:00:30+05:30""#))
    }

    @Test("A command can't be registered twice")
    func twice() async {
        await #expect(processExitsWith: .failure) {
            var registry = NoStore.registry
            registry.answer(Ping.self) { _, _ in .init(signedIn: false) }
            registry.answer(Ping.self) { _, _ in .init(signedIn: false) }
        }
    }

    @Test("A route has one command")
    func routeTaken() async {
        enum Other: Command {
            typealias Input = NoInput
            typealias Output = NoOutput
            static let name = "other"
            static let route = Ping.route
            static let access = Access.anyone
            static let cost = CostClass.free
            static let idempotency = IdempotencyRule.none
            static let summary = "Takes a route that is taken."
            static let example = NoInput()
        }
        await #expect(processExitsWith: .failure) {
            var registry = NoStore.registry
            registry.answer(Ping.self) { _, _ in .init(signedIn: false) }
            registry.answer(Other.self) { _, _ in NoOutput() }
        }
    }

    @Test("An example has to keep the rules that it shows")
    func badExample() async {
        enum Bad: Command {
            struct Input: Codable, Sendable {
                let id: DepartureID
            }
            typealias Output = NoOutput
            static let name = "bad"
            static let route = RESTRoute.post("/v1/bad")
            static let access = Access.anyone
            static let cost = CostClass.free
            static let idempotency = IdempotencyRule.none
            static let summary = "Shows what is refused."
            static let example = Input(id: DepartureID(trusted: "no id"))
        }
        await #expect(processExitsWith: .failure) {
            var registry = NoStore.registry
            registry.answer(Bad.self) { _, _ in NoOutput() }
        }
    }

    @Test("A path names fields of the input")
    func unknownPlaceholder() async {
        enum Lost: Command {
            typealias Input = NoInput
            typealias Output = NoOutput
            static let name = "lost"
            static let route = RESTRoute.get("/v1/lost/{id}")
            static let access = Access.anyone
            static let cost = CostClass.free
            static let idempotency = IdempotencyRule.none
            static let summary = "Has a path without a field."
            static let example = NoInput()
        }
        await #expect(processExitsWith: .failure) {
            var registry = NoStore.registry
            registry.answer(Lost.self) { _, _ in NoOutput() }
        }
        // The control: the same process ends well where nothing is wrong.
        await #expect(processExitsWith: .success) {
            var registry = NoStore.registry
            registry.answer(Ping.self) { _, _ in .init(signedIn: false) }
        }
    }
}

/// Stands where a registry wants a store that nobody will ask.
private struct NoStore: CommandStore {
    struct Records: WorkRecords {
        func idempotencyRecord(scope: String, key: IdempotencyKey) throws -> IdempotencyRecord? { nil }
        func insert(_ record: IdempotencyRecord, scope: String, key: IdempotencyKey, at: Timestamp) throws {}
        func append(_ events: [DomainEvent], at: Timestamp) throws {}
        func append(_ entries: [AuditEntry]) {}
        func enqueue(_ mail: [EnqueuedMail], at: Timestamp) throws {}
    }

    static var registry: CommandRegistry<NoStore> {
        CommandRegistry(
            store: NoStore(), publisher: WorkPublisher(feeds: FeedHub(epoch: "e1"), sessions: SessionEnds())
        )
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Records) throws -> Value) async throws -> Value {
        throw Problem.storeUnavailable
    }

    func transact<Value: Sendable>(_ unit: TransactionUnit<Records, Value>) async throws -> Value {
        throw Problem.storeUnavailable
    }
}

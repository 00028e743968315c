import CommandBus
import Foundation
import Hummingbird
import Logging
import NIOCore
import RESTTransport
import ServiceLifecycle
import Support
import Synchronization

/// A server with a command bus of its own, on a port of its own.
final class TestServer: Sendable {
    let port: Int
    let feeds: FeedHub
    let sessions: SessionEnds
    let runner: WorkRunner<MemoryStore>
    let accounts: TestAccounts
    let limiter: TestLimiter
    let maintenance: MaintenanceSwitch
    let clock: HandClock
    private let group: ServiceGroup

    private init(parts: Parts, port: Int, group: ServiceGroup) {
        self.port = port
        self.group = group
        feeds = parts.feeds
        sessions = parts.sessions
        runner = parts.runner
        accounts = parts.accounts
        limiter = parts.limiter
        maintenance = parts.maintenance
        clock = parts.clock
    }

    /// Runs `body` beside a server, which is stopped after it.
    static func run(
        _ configuration: RESTConfiguration = .init(), transport: FeedTransportSetting = .both, windowSize: Int = 4096,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let parts = Parts(transport: transport, windowSize: windowSize)
        let logger = StoreFixture.silent
        let (ports, port) = AsyncStream<Int>.makeStream()
        let rest = RESTTransport(
            bus: parts.bus(logger), tickets: parts.tickets, configuration: configuration, clock: parts.clock
        )
        let app = Application(
            responder: rest,
            server: .http1(configuration: .init(httpDecoderConfiguration: RESTConfiguration.headLimits)),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                port.yield(channel.localAddress?.port ?? 0)
                port.finish()
            },
            logger: logger
        )
        var settings = ServiceGroupConfiguration(services: [app], logger: logger)
        settings.maximumGracefulShutdownDuration = .seconds(10)
        let group = ServiceGroup(configuration: settings)
        let running = Task { try await group.run() }
        let found = try await withDeadline(10, "the server to start") { await ports.first { _ in true } }
        let server = TestServer(parts: parts, port: found ?? 0, group: group)
        do {
            try await body(server)
        } catch {
            await group.triggerGracefulShutdown()
            running.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await withDeadline(15, "the server to stop") { try await running.value }
    }

    func stop() async {
        await group.triggerGracefulShutdown()
    }

    func connect() async throws -> HTTPTestClient {
        try await HTTPTestClient.connect(port: port)
    }

    /// One request on a connection of its own.
    func send(
        _ method: String, _ target: String, token: String? = nil, headers: [(String, String)] = [], json: String? = nil
    ) async throws -> HTTPTestResponse {
        var headers = headers
        if let token { headers.append(("Authorization", "Bearer \(token)")) }
        if json != nil { headers.append(("Content-Type", "application/json")) }
        return try await HTTPTestClient.once(
            port: port, method, target, headers: headers, body: json.map { Data($0.utf8) }
        )
    }

    /// Publishes a change of one shelf.
    @discardableResult
    func publish(_ topic: String = "shelves", shelf: String, _ content: String) throws -> FeedPosition {
        feeds.publish([
            try FeedChange(
                topic: topic, subject: shelf, attributes: ["shelf": shelf], data: Shelf(shelf: shelf, content: content)
            )
        ])
    }

    /// Ends the sessions of an account as a new sign-in does.
    func replaceSession(of token: String) async throws {
        guard let principal = accounts.replace(token) else { return }
        let context = CommandContext.system("test", now: clock.now(), random: SystemRandomSource())
        try await runner.run(context) { work in
            work.endSessions(of: principal.account, except: principal.epoch + 1, reason: .replaced)
        }
    }

    /// The parts of a bus, before they are put together.
    private struct Parts {
        let clock = HandClock()
        let sessions = SessionEnds()
        let feeds: FeedHub
        let tickets: FeedTickets
        let accounts: TestAccounts
        let limiter = TestLimiter()
        let maintenance = MaintenanceSwitch()
        let store = MemoryStore()
        let publisher: WorkPublisher
        var runner: WorkRunner<MemoryStore> { WorkRunner(store: store, publisher: publisher) }

        init(transport: FeedTransportSetting, windowSize: Int) {
            feeds = FeedHub(epoch: "t1", windowSize: windowSize, transport: transport)
            tickets = FeedTickets(sessions: sessions, isAlive: { _ in true })
            accounts = TestAccounts(expiresAt: clock.now().adding(seconds: 3600))
            publisher = WorkPublisher(feeds: feeds, sessions: sessions)
        }

        func bus(_ logger: Logger) -> CommandBus {
            var registry = CommandRegistry(store: store, publisher: publisher)
            registry.registerThings(feeds: feeds)
            registry.registerFeedCommands(hub: feeds, tickets: tickets)
            return CommandBus(
                table: registry.table(), feeds: feeds, sessions: sessions, authenticator: accounts, limiter: limiter,
                windows: TestWindows(), maintenance: maintenance, clock: clock, random: SystemRandomSource(),
                logger: logger
            )
        }
    }
}

/// Waits until `condition` holds.
func eventually(_ what: String, seconds: Double = 10, _ condition: @escaping @Sendable () -> Bool) async throws {
    try await withDeadline(seconds, what) {
        while !condition() { try await Task.sleep(for: .milliseconds(2)) }
    }
}

import CommandBus
import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Support
import Synchronization
import WSTransport

/// A server with sockets and a command bus of its own, on a port of its own. Ordinary requests are answered with their
/// method and path, the bytes of their body, and whether an `Upgrade` header reached the router.
final class TestServer: Sendable {
    let port: Int
    let parts: TestParts
    let transport: SocketTransport
    private let group: ServiceGroup

    private init(port: Int, parts: TestParts, transport: SocketTransport, group: ServiceGroup) {
        self.port = port
        self.parts = parts
        self.transport = transport
        self.group = group
    }

    var bus: CommandBus { transport.bus }

    /// Runs `body` beside a server, which is stopped after it.
    static func run(
        _ change: (inout SocketConfiguration) -> Void = { _ in }, _ body: (TestServer) async throws -> Void
    ) async throws {
        var configuration = SocketConfiguration()
        configuration.drainSpread = .milliseconds(100)
        configuration.closeLimit = .seconds(2)
        change(&configuration)
        let logger = StoreFixture.silent
        let parts = TestParts()
        let transport = SocketTransport(bus: parts.bus(logger), configuration: configuration, logger: logger)
        let (ports, port) = AsyncStream<Int>.makeStream()
        let service = try HTTPServerBuilder.http1WithSocket(transport, configuration: configuration).buildServer(
            configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: 0)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: logger,
            responder: { request, writer, _ in try await answer(request, writer) },
            onServerRunning: { channel in
                port.yield(channel.localAddress?.port ?? 0)
                port.finish()
            }
        )
        let group = ServiceGroup(services: [service], logger: logger)
        let running = Task { try await group.run() }
        let found = try await withDeadline(10, "the server to start") { await ports.first { _ in true } }
        let server = TestServer(port: found ?? 0, parts: parts, transport: transport, group: group)
        do {
            try await body(server)
        } catch {
            parts.latch.open()
            await group.triggerGracefulShutdown()
            running.cancel()
            throw error
        }
        parts.latch.open()
        await group.triggerGracefulShutdown()
        try await withDeadline(10, "the server to stop") { try await running.value }
    }

    func stop() async {
        await group.triggerGracefulShutdown()
    }

    /// A socket whose hello has been read.
    func connect(token: String? = nil, headers: [(String, String)] = []) async throws -> SocketClient {
        var headers = headers
        if let token { headers.append(("Authorization", "Bearer \(token)")) }
        let client = try await SocketClient.connect(port: port, headers: headers)
        _ = try await client.text(containing: #"{"hello":"#)
        return client
    }

    func publish(_ thing: String, _ state: Int, filling: String = "") throws {
        _ = bus.feeds.publish([try TestParts.change(thing, state, filling: filling)])
    }

    @concurrent private static func answer(_ request: Request, _ writer: consuming ResponseWriter) async throws {
        let upgrade = request.headers.first { $0.name.canonicalName == "upgrade" }?.value ?? "none"
        let body = try await request.body.collect(upTo: 1 << 20)
        let text = "\(request.method) \(request.uri.path) body=\(body.readableBytes) upgrade=\(upgrade)"
        let length = HTTPField(name: .contentLength, value: String(text.utf8.count))
        var response = try await writer.writeHead(HTTPResponse(status: .ok, headerFields: HTTPFields([length])))
        try await response.write(ByteBuffer(string: text))
        try await response.finish(nil)
    }
}

/// The parts of a bus.
final class TestParts: Sendable {
    let accounts = TestAccounts()
    let sessions = SessionEnds()
    let feeds = FeedHub(epoch: "t1", windowSize: 64)
    let latch = Latch()
    let maintenance = MaintenanceSwitch()
    /// How often a thing was put.
    let puts = Mutex(0)

    func bus(_ logger: Logger) -> CommandBus {
        var registry = CommandRegistry(
            store: MemoryStore(), publisher: WorkPublisher(feeds: feeds, sessions: sessions)
        )
        registry.answer(Echo.self) { input, _ in Echo.Output(text: input.text.raw) }
        registry.answer(Recite.self) { input, _ in Recite.Output(text: String(repeating: "x", count: input.length.raw)) }
        registry.answer(Hold.self) { [latch] _, _ in
            await latch.pass()
            return NoOutput()
        }
        registry.answer(WhoAmI.self) { _, context in
            WhoAmI.Output(account: try context.signedIn().account.raw, address: context.address)
        }
        registry.answer(Break.self) { _, _ in throw Break.Breakage() }
        registry.write(Put.self) { input, work in
            let count = self.puts.withLock { puts in
                puts += 1
                return puts
            }
            work.publish(try Self.change(input.thing.raw, input.state))
            return Put.Output(count: count)
        }
        registry.write(EndSession.self) { input, work in
            let account = try work.context.signedIn().account
            let reason: SessionEnd.Reason = input.surviving == nil ? .closed : .replaced
            work.endSessions(of: account, except: input.surviving, reason: reason)
            return NoOutput()
        }
        feeds.register(
            FeedTopic(
                name: "things", access: .anyone, filters: ["thing"], summary: "The states of things.", change: Thing.self,
                snapshot: { filter, _ in [Thing(thing: filter["thing"] ?? "all", state: 0, filling: "")] }
            )
        )
        feeds.register(
            FeedTopic(
                name: "secrets", access: .signedIn, filters: [], summary: "For members.", change: Thing.self,
                snapshot: { _, _ in [Thing]() }
            )
        )
        return CommandBus(
            table: registry.table(), feeds: feeds, sessions: sessions, authenticator: accounts, limiter: OpenLimiter(),
            windows: NoWindows(), maintenance: maintenance, clock: SystemWallClock(), random: SystemRandomSource(),
            logger: logger
        )
    }

    static func change(_ thing: String, _ state: Int, filling: String = "") throws -> FeedChange {
        try FeedChange(
            topic: "things", subject: thing, attributes: ["thing": thing],
            data: Thing(thing: thing, state: state, filling: filling)
        )
    }
}

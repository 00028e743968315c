package import CommandBus
package import Logging
package import NIOCore

/// Serves the commands and the feeds of a bus on WebSockets.
package struct SocketTransport: SocketService {
    package let bus: CommandBus
    package let configuration: SocketConfiguration
    /// The sockets that are open.
    package let census: SocketCensus
    let clock: any WallClock
    let random: any RandomSource
    let logger: Logger

    /// - Parameters:
    ///   - bus: where commands go, and where feeds and the ends of sessions come from.
    ///   - configuration: the bounds of a socket; the same that the channel is made with.
    ///   - clock: the time by which sessions end.
    ///   - random: names connections, and spreads what many of them would do at once.
    ///   - logger: is told of connections at `debug`, never of what they carry.
    package init(
        bus: CommandBus, configuration: SocketConfiguration, clock: any WallClock = SystemWallClock(),
        random: any RandomSource = SystemRandomSource(), logger: Logger
    ) {
        self.bus = bus
        self.configuration = configuration
        self.clock = clock
        self.random = random
        self.logger = logger
        census = SocketCensus(configuration)
    }

    package func makeSession(
        for request: SocketRequest, on eventLoop: any EventLoop
    ) -> (session: any SocketSession, work: @Sendable () async -> Void) {
        let holder = NIOLoopBoundBox<BusSession?>(nil, eventLoop: eventLoop)
        let mailbox = SessionMailbox(eventLoop: eventLoop) { holder.value?.collect() }
        let (batches, jobs) = AsyncStream.makeStream(of: [SessionJob].self)
        let session = BusSession(self, request, mailbox: mailbox, jobs: jobs) { holder.value = nil }
        holder.value = session
        let worker = SessionWorker(bus: bus, mailbox: mailbox, address: request.address)
        return (session, { await worker.run(batches) })
    }

    /// A time from zero up to `span`, in milliseconds.
    func jitter(_ span: Duration) -> Int64 {
        Int64(random.number(below: UInt64(max(1, span.milliseconds))))
    }
}

enum ConnectionKind: IdentifiedKind { static let prefix = "c" }

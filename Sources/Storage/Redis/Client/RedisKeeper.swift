import Logging
import NIOCore
import NIOPosix

/// Whoever uses a connection that is kept for them.
protocol RedisConnectionUser: Sendable {
    /// Is called on the event loop, before anything that comes after the greeting.
    func opened(_ link: RedisLink)
    /// A connection that was opened has ended; another attempt follows at once.
    func lost(_ link: RedisLink)
    /// An attempt failed; the next one waits a while.
    func failed()
    /// There will be no further connection.
    func stopped()
    /// Takes a message of a channel, on the event loop; nil for a user of commands.
    var receive: (@Sendable (_ channel: [UInt8], _ payload: [UInt8]) -> Void)? { get }
}

/// Keeps one connection up: makes it, greets, waits for its end, and begins again, until it is stopped.
struct RedisKeeper: Sendable {
    /// A connection that lived this long was a good one: it is made again at once, and its troubles are news again.
    private static let steady = TimeAmount.seconds(1)

    let endpoint: RedisEndpoint
    let options: RedisOptions
    let channels: [String]
    let eventLoop: any EventLoop
    let logger: Logger
    let life = RedisLife()

    func run(_ user: some RedisConnectionUser) async {
        guard life.begin() else {
            logger.error("a connection to Redis can be kept only once")
            return
        }
        await withTaskCancellationHandler {
            await keep(user)
        } onCancel: {
            life.stop()
        }
        user.stopped()
        life.finish()
    }

    private func keep(_ user: some RedisConnectionUser) async {
        var (failures, report) = (0, RedisReport(endpoint: endpoint, logger: logger))
        var tls: RedisTLS?
        while !life.isStopped {
            do throws(RedisTrouble) {
                if endpoint.isTLS, tls == nil {
                    tls = try await .load(host: endpoint.host, caCertificates: options.caCertificates)
                }
                let link = try await connect(user, tls)
                let begin = eventLoop.now
                report.opened()
                let trouble = await link.ended()
                user.lost(link)
                guard !life.isStopped else { return }
                let isSteady = eventLoop.now - begin >= Self.steady
                if isSteady {
                    failures = 0
                    report.forget()
                }
                report.trouble(trouble)
                if isSteady { continue }
            } catch {
                guard !life.isStopped else { return }
                report.trouble(error)
            }
            failures += 1
            user.failed()
            await life.pause(options.pause(after: failures), on: eventLoop)
        }
    }

    private func connect(_ user: some RedisConnectionUser, _ tls: RedisTLS?) async throws(RedisTrouble) -> RedisLink {
        let (outbox, greeting) = (RedisOutbox(), RedisGreeting(to: endpoint, channels: channels))
        let deadline = eventLoop.now + TimeAmount(options.connectTimeout)
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(options.connectTimeout))
            .channelInitializer { [options, life, receive = user.receive] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard life.adopt(channel) else { throw RedisTrouble.stopped }
                    if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
                    let handler = RedisHandler(outbox: outbox, options: options, receive: receive)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        let channel: any Channel
        do {
            channel = try await bootstrap.connect(host: endpoint.host, port: endpoint.port).get()
        } catch {
            throw .noConnection(Self.text(of: error))
        }
        let link = RedisLink(channel: channel, outbox: outbox)
        let trouble: RedisTrouble? = await withCheckedContinuation { continuation in
            let request = RedisRequest(greeting.commands, deadline: deadline) { outcome in
                // On the event loop: nothing is read between this reply and the next.
                guard case .success(let replies) = outcome else {
                    return continuation.resume(returning: link.end ?? .silent)
                }
                let trouble = greeting.trouble(in: replies)
                if trouble == nil { user.opened(link) }
                continuation.resume(returning: trouble)
            }
            if !link.post(request) { continuation.resume(returning: link.end ?? .closed) }
        }
        guard let trouble else { return link }
        link.close()
        throw trouble
    }

    private static func text(of error: any Error) -> String {
        guard let error = error as? NIOConnectionError else { return "\(error)" }
        if let first = error.connectionErrors.first { return "\(first.error)" }
        return "\(error.dnsAError ?? error.dnsAAAAError ?? error)"
    }
}

/// Reports troubles of one kind once, until a connection has been good again.
private struct RedisReport {
    let endpoint: RedisEndpoint
    let logger: Logger
    private var kinds: Set<String> = []
    private var saysRecovery = false

    init(endpoint: RedisEndpoint, logger: Logger) {
        self.endpoint = endpoint
        self.logger = logger
    }

    mutating func trouble(_ trouble: RedisTrouble) {
        guard kinds.insert(trouble.kind).inserted else { return }
        saysRecovery = true
        var metadata: Logger.Metadata = ["redis": "\(endpoint)", "reason": "\(trouble.kind)"]
        if let detail = trouble.detail { metadata["detail"] = "\(detail)" }
        logger.warning("there is no connection to Redis", metadata: metadata)
    }

    mutating func opened() {
        guard saysRecovery else { return }
        saysRecovery = false
        logger.notice("the connection to Redis is there again", metadata: ["redis": "\(endpoint)"])
    }

    mutating func forget() {
        kinds = []
    }
}

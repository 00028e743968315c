package import Logging
package import NIOCore
import Synchronization

/// Commands for a Redis server, over one connection that any number of callers share.
///
/// A command is answered, refused, or fails with what is known of it: ``RedisFailure``. Nothing is sent twice by
/// itself. A caller that is cancelled is answered like any other, after ``RedisOptions/commandTimeout`` at the latest,
/// so that what it has to clean up can be cleaned up.
package final class RedisClient: Sendable {
    private struct State {
        var line = RedisWaitingLine()
        /// Commands that have no answer yet.
        var pending = 0
    }

    private let keeper: RedisKeeper
    private let state = Mutex(State())

    /// - Parameters:
    ///   - endpoint: the server.
    ///   - options: every number.
    ///   - group: one of its event loops serves the connection.
    ///   - logger: is told of troubles with the connection, once each; never of a password or a command.
    package init(
        endpoint: RedisEndpoint, options: RedisOptions = RedisOptions(), group: any EventLoopGroup, logger: Logger
    ) {
        keeper = RedisKeeper(
            endpoint: endpoint, options: options, channels: [], eventLoop: group.next(), logger: logger
        )
    }

    package var isConnected: Bool {
        // A connection that has ended is open here until its keeper has seen it.
        guard case .open(let link) = state.withLock({ $0.line.phase }) else { return false }
        return link.end == nil
    }

    /// Keeps the connection, until the task is cancelled or ``stop()`` is called. It may be called once.
    package func run() async {
        await keeper.run(self)
    }

    /// Ends the connection, now and for ever. It returns at once.
    package func stop() {
        keeper.life.stop()
        stopped()
    }

    /// Ends the connection, and returns when ``run()`` is about to.
    package func close() async {
        stop()
        await keeper.life.finished()
    }

    /// Sends one command.
    ///
    /// - Throws: ``RedisFailure``; an error reply is thrown as a refusal.
    package func send(_ arguments: [RedisArgument]) async throws(RedisFailure) -> RedisReply {
        guard let reply = try await send(all: [arguments]).first else { throw RedisFailure(.outcomeUnknown) }
        if case .error(let text) = reply { throw RedisFailure(.refused(text)) }
        return reply
    }

    /// Sends commands in one write. It is no transaction: those of others may be carried out between them, and one that
    /// is refused does not hold up the next.
    ///
    /// - Returns: as many replies as commands, refusals (``RedisReply/error(_:)``) among them.
    /// - Throws: ``RedisFailure``, of all of them together.
    package func send(all commands: [[RedisArgument]]) async throws(RedisFailure) -> [RedisReply] {
        // A server does not answer an empty command, and whoever comes after it would get the wrong answer.
        guard commands.allSatisfy({ !$0.isEmpty }) else { throw RedisFailure(.refused("ERR an empty command")) }
        guard !commands.isEmpty else { return [] }
        let (count, limit) = (commands.count, keeper.options.maxPending)
        let hasRoom = state.withLock { state in
            guard state.pending + count <= limit else { return false }
            state.pending += count
            return true
        }
        guard hasRoom else { throw RedisFailure(.unreachable) }
        defer { state.withLock { $0.pending -= count } }
        let deadline = keeper.eventLoop.now + TimeAmount(keeper.options.commandTimeout)
        let outcome = await withCheckedContinuation { continuation in
            submit(RedisRequest(commands, deadline: deadline) { continuation.resume(returning: $0) })
        }
        return try outcome.get()
    }

    /// Runs a script by its name, and by its source where the server does not know it (any more).
    ///
    /// - Parameters:
    ///   - keys: what it touches: `KEYS`.
    ///   - arguments: what else it is told: `ARGV`.
    package func run(
        _ script: RedisScript, keys: [String], arguments: [RedisArgument] = []
    ) async throws(RedisFailure) -> RedisReply {
        let rest = [.integer(keys.count)] + keys.map { .text($0) } + arguments
        do {
            return try await send(["EVALSHA", .text(script.name)] + rest)
        } catch {
            // Nothing of it has run.
            guard error.code == "NOSCRIPT" else { throw error }
            return try await send(["EVAL", .text(script.source)] + rest)
        }
    }

    private func submit(_ request: RedisRequest) {
        while true {
            switch state.withLock({ $0.line.enter(request) }) {
            case .link(let link):
                if link.post(request) { return }
                // It has ended, and its keeper has not said so yet.
                state.withLock { $0.line.lost(link) }
            case .line(let isFirst):
                if isFirst { mindTheLine(at: request.deadline) }
                return
            case .back: return request.fail(.unreachable)
            }
        }
    }

    private func mindTheLine(at deadline: NIODeadline) {
        keeper.eventLoop.scheduleTask(deadline: deadline) { [self] in
            let (expired, next) = state.withLock { $0.line.expire(now: keeper.eventLoop.now) }
            for request in expired { request.fail(.unreachable) }
            if let next { mindTheLine(at: next) }
        }
    }
}

extension RedisClient: RedisConnectionUser {
    var receive: (@Sendable (_ channel: [UInt8], _ payload: [UInt8]) -> Void)? { nil }

    func opened(_ link: RedisLink) {
        for request in state.withLock({ $0.line.opened(link) }) where !link.post(request) {
            request.fail(.unreachable)
        }
    }

    func lost(_ link: RedisLink) {
        state.withLock { $0.line.lost(link) }
    }

    func failed() {
        for request in state.withLock({ $0.line.failed() }) { request.fail(.unreachable) }
    }

    func stopped() {
        for request in state.withLock({ $0.line.stopped() }) { request.fail(.unreachable) }
    }
}

import NIOCore
import Synchronization

/// Why a connection could not be made, or ended.
enum RedisTrouble: Error, Sendable, Equatable {
    /// It could not be made, for a reason of the system's.
    case noConnection(String)
    /// TLS could not be agreed on.
    case noTLS(String)
    /// The server refused a step of the greeting. Only the code of its answer is kept: the rest may quote the password.
    case refused(step: String, code: String)
    /// An answer did not come in time.
    case silent
    /// The server closed it, or it broke.
    case closed
    /// What came was no RESP2.
    case gibberish
    /// It was ended on this side.
    case stopped

    /// Troubles of one kind are reported once.
    var kind: String {
        switch self {
        case .noConnection: "no connection"
        case .noTLS: "no TLS"
        case .refused(let step, let code): "\(step) was refused: \(code)"
        case .silent: "no answer in time"
        case .closed: "the connection was lost"
        case .gibberish: "the answer is not Redis's"
        case .stopped: "stopped"
        }
    }

    var detail: String? {
        switch self {
        case .noConnection(let detail), .noTLS(let detail): detail
        case .refused, .silent, .closed, .gibberish, .stopped: nil
        }
    }
}

/// Brings requests from any thread to the handler of one connection: one wake-up for however many come together.
final class RedisOutbox: Sendable {
    /// Tells the handler that there are requests.
    struct Wake: Sendable {}

    private struct State {
        var requests: [RedisRequest] = []
        var isSignalled = false
        var end: RedisTrouble?
    }

    private let state = Mutex(State())

    /// - Returns: whether the request was taken, and whether the handler must be woken.
    func put(_ request: RedisRequest) -> (isTaken: Bool, wakes: Bool) {
        state.withLock { state in
            guard state.end == nil else { return (false, false) }
            state.requests.append(request)
            defer { state.isSignalled = true }
            return (true, !state.isSignalled)
        }
    }

    func take() -> [RedisRequest] {
        state.withLock { state in
            state.isSignalled = false
            defer { state.requests = [] }
            return state.requests
        }
    }

    /// Takes what is left, and lets nothing more in. The first reason counts.
    func shut(_ trouble: RedisTrouble) -> [RedisRequest] {
        state.withLock { state in
            if state.end == nil { state.end = trouble }
            defer { state.requests = [] }
            return state.requests
        }
    }

    /// Why it was shut.
    var end: RedisTrouble? { state.withLock { $0.end } }
}

/// A connection, as those see it who are not on its event loop.
final class RedisLink: Sendable {
    private let channel: any Channel
    private let outbox: RedisOutbox

    init(channel: any Channel, outbox: RedisOutbox) {
        self.channel = channel
        self.outbox = outbox
    }

    /// - Returns: false if the connection has ended: the request was not taken, and is not answered.
    func post(_ request: RedisRequest) -> Bool {
        let (isTaken, wakes) = outbox.put(request)
        if wakes { channel.pipeline.fireUserInboundEventTriggered(RedisOutbox.Wake()) }
        return isTaken
    }

    func close() {
        channel.close(promise: nil)
    }

    /// Waits for the end of the connection.
    func ended() async -> RedisTrouble {
        // That it is closed is all there is to it: the future does not fail.
        try? await channel.closeFuture.get()
        return outbox.end ?? .closed
    }

    var end: RedisTrouble? { outbox.end }
}

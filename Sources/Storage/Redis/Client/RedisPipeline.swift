import DequeModule
import NIOCore

/// What one connection has sent and not had an answer to, and what time means for it. It does nothing by itself.
///
/// Replies come in the order of the commands and name nothing, so a command that nobody waits for any more keeps its
/// place, and a connection on which one is overdue can only be given up.
struct RedisPipeline {
    /// What a reply is.
    enum Receipt {
        /// The last of a request's.
        case answered(RedisRequest, [RedisReply])
        /// A message on a channel, which answers nothing.
        case message(channel: [UInt8], payload: [UInt8])
        /// One of several, or a sign of life.
        case noted
        /// Nobody asked.
        case unexpected
    }

    /// What is to be done now because of the time.
    enum Duty: Equatable {
        case wait(until: NIODeadline)
        /// The connection was silent: a sign of life is to be asked for.
        case ping
        /// An answer is overdue.
        case giveUp
    }

    private struct Sent {
        /// Nil for a ping.
        let request: RedisRequest?
        let deadline: NIODeadline
        var replies: [RedisReply] = []
    }

    private static let message = RedisReply.bulk(Array("message".utf8))

    private let isListening: Bool
    private let heartbeat: TimeAmount
    private let patience: TimeAmount
    private var sent: Deque<Sent> = []
    private var lastHeard: NIODeadline

    /// - Parameters:
    ///   - isListening: whether messages come on it. Else what looks like one is an answer: a list may hold anything.
    ///   - heartbeat: how long the connection may be silent.
    ///   - patience: how long the answer to a ping may take.
    ///   - now: when the connection was made.
    init(isListening: Bool = false, heartbeat: TimeAmount, patience: TimeAmount, now: NIODeadline) {
        self.isListening = isListening
        self.heartbeat = heartbeat
        self.patience = patience
        lastHeard = now
    }

    mutating func send(_ request: RedisRequest) {
        sent.append(Sent(request: request, deadline: request.deadline))
    }

    mutating func sendPing(now: NIODeadline) {
        sent.append(Sent(request: nil, deadline: now + patience))
    }

    /// Notes that the peer lives.
    mutating func heard(now: NIODeadline) {
        lastHeard = now
    }

    mutating func receive(_ reply: RedisReply) -> Receipt {
        if isListening, case .array(let parts) = reply, parts.count == 3, parts[0] == Self.message,
            case .bulk(let channel) = parts[1], case .bulk(let payload) = parts[2]
        {
            return .message(channel: channel, payload: payload)
        }
        guard !sent.isEmpty else { return .unexpected }
        guard let request = sent[0].request else {
            sent.removeFirst()
            return .noted
        }
        sent[0].replies.append(reply)
        guard sent[0].replies.count == request.count else { return .noted }
        return .answered(request, sent.removeFirst().replies)
    }

    func duty(now: NIODeadline) -> Duty {
        if let oldest = sent.first {
            return oldest.deadline <= now ? .giveUp : .wait(until: oldest.deadline)
        }
        let due = lastHeard + heartbeat
        return due <= now ? .ping : .wait(until: due)
    }

    /// Forgets everything.
    ///
    /// - Returns: whoever still waits.
    mutating func end() -> [RedisRequest] {
        defer { sent = [] }
        return sent.compactMap(\.request)
    }
}

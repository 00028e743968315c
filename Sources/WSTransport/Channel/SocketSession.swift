package import NIOCore

/// What the messages of a socket mean. One is made for each connection; everything is called on its event loop.
package protocol SocketSession: AnyObject {
    /// The socket is open. The link is good until ``closed()``.
    func opened(_ link: any SocketLink)
    func received(_ message: SocketMessage)
    /// All messages that are there have been handed over.
    func receivedAll()
    /// The next message to write. It is asked for only while the peer reads.
    func nextMessage() -> OutgoingMessage?
    /// How many messages wait to be written that can't be made again later.
    var backlog: Int { get }
    func rang(_ alarm: SocketAlarm)
    /// The server is to stop.
    func shouldQuiesce()
    func closed()
}

/// What a session can do to its socket, on the event loop.
package protocol SocketLink: AnyObject {
    var eventLoop: any EventLoop { get }
    /// Whether messages are kept back from the session. Control frames are answered all the same.
    var isHeld: Bool { get set }
    /// Tells that there may be something to write, or that messages may be handed over again.
    func turn()
    /// Sets an alarm, or takes it back.
    func set(_ alarm: SocketAlarm, in time: Duration?)
    /// Begins to close: writes what can still be written, then a close frame.
    func close(_ code: CloseCode, _ reason: String)
}

/// Serves the sockets of a channel.
package protocol SocketService: Sendable {
    /// - Returns: the session of one connection, and the work beside it that runs as long as the connection does.
    func makeSession(
        for request: SocketRequest, on eventLoop: any EventLoop
    ) -> (session: any SocketSession, work: @Sendable () async -> Void)
}

/// What a connection can be waiting for.
package enum SocketAlarm: Int, CaseIterable, Sendable {
    // Of the channel.
    case heartbeat
    case silence
    case slowReader
    case close
    // Of the session.
    case attach
    case age
    case expiryNotice
    case expiry
    case finish
}

/// The alarms of one connection: one timer of the event loop serves them all.
struct Alarms {
    private var due = [NIODeadline?](repeating: nil, count: SocketAlarm.allCases.count)

    subscript(alarm: SocketAlarm) -> NIODeadline? {
        get { due[alarm.rawValue] }
        set { due[alarm.rawValue] = newValue }
    }

    var next: NIODeadline? { due.lazy.compactMap(\.self).min() }

    /// Takes out what is due.
    mutating func take(at now: NIODeadline) -> [SocketAlarm] {
        SocketAlarm.allCases.filter { alarm in
            guard let time = self[alarm], time <= now else { return false }
            self[alarm] = nil
            return true
        }
    }
}

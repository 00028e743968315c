import DequeModule
import NIOCore
import WSTransport

/// Sends every message back.
struct EchoService: SocketService {
    func makeSession(
        for request: SocketRequest, on eventLoop: any EventLoop
    ) -> (session: any SocketSession, work: @Sendable () async -> Void) {
        (EchoSession(), {})
    }
}

private final class EchoSession: SocketSession {
    private weak var link: (any SocketLink)?
    private var messages: Deque<OutgoingMessage> = []

    var backlog: Int { messages.count }

    func opened(_ link: any SocketLink) {
        self.link = link
    }

    func received(_ message: SocketMessage) {
        messages.append(OutgoingMessage(message))
    }

    func receivedAll() {}

    func nextMessage() -> OutgoingMessage? {
        messages.popFirst()
    }

    func rang(_ alarm: SocketAlarm) {}

    func shouldQuiesce() {
        link?.close(.restart, "")
    }

    func closed() {
        messages.removeAll()
    }
}

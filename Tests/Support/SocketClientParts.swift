import NIOCore
import NIOWebSocket
import Synchronization

/// What has come, and who waits for what.
final class EventQueue: Sendable {
    private struct Waiter {
        let id: Int
        /// Whether the event, or the end of the time, was what is waited for; it resumes who waits.
        let offer: @Sendable (Result<SocketClient.Event, any Error>) -> Bool
    }

    private struct State {
        var events: [SocketClient.Event] = []
        var waiters: [Waiter] = []
        var nextID = 0
    }

    private let state = Mutex(State())

    func append(_ event: SocketClient.Event) {
        state.withLock { state in
            if let index = state.waiters.firstIndex(where: { $0.offer(.success(event)) }) {
                state.waiters.remove(at: index)
            } else {
                state.events.append(event)
            }
        }
    }

    func count(_ isSuch: (SocketClient.Event) -> Bool) -> Int {
        state.withLock { $0.events.count(where: isSuch) }
    }

    func next<Value: Sendable>(
        _ seconds: Double, _ what: String, on loop: any EventLoop,
        _ pick: @escaping @Sendable (SocketClient.Event) -> Value?
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let id: Int? = state.withLock { state in
                for (index, event) in state.events.enumerated() {
                    guard let value = pick(event) else { continue }
                    state.events.remove(at: index)
                    continuation.resume(returning: value)
                    return nil
                }
                state.nextID += 1
                let waiter = Waiter(id: state.nextID) { result in
                    switch result {
                    case .success(let event):
                        guard let value = pick(event) else { return false }
                        continuation.resume(returning: value)
                    case .failure(let error):
                        continuation.resume(throwing: error)
                    }
                    return true
                }
                state.waiters.append(waiter)
                return state.nextID
            }
            guard let id else { return }
            loop.scheduleTask(in: .milliseconds(Int64(seconds * 1000))) { [self] in
                state.withLock { state in
                    guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return }
                    let seen = "\(what); there are \(state.events.suffix(5))"
                    _ = state.waiters.remove(at: index).offer(.failure(DeadlinePassed(seconds: seconds, what: seen)))
                }
            }
        }
    }
}

/// Sends the upgrade request, takes the answer to it off the front, and lets everything else through.
final class HandshakeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let request: String
    private var upgraded: EventLoopPromise<String>?
    private var bytes = ByteBuffer()

    init(request: String, upgraded: EventLoopPromise<String>) {
        self.request = request
        self.upgraded = upgraded
    }

    func channelActive(context: ChannelHandlerContext) {
        // From here, so that it does not pass the encoder of frames.
        context.writeAndFlush(NIOAny(ByteBuffer(string: request)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let promise = upgraded else { return context.fireChannelRead(data) }
        bytes.writeImmutableBuffer(unwrapInboundIn(data))
        let end = bytes.readableBytesView.indices.first {
            bytes.readableBytesView[$0...].starts(with: Array("\r\n\r\n".utf8))
        }
        guard let end, let head = bytes.readString(length: end - bytes.readerIndex + 4) else { return }
        upgraded = nil
        promise.succeed(head)
        if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { fail() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail()
        context.fireChannelInactive()
    }

    private func fail() {
        upgraded?.fail(ChannelError.eof)
        upgraded = nil
    }
}

final class EventHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let events: EventQueue
    private let answersPings: Bool
    private var isClosing = false
    private var hasEnded = false

    init(events: EventQueue, answersPings: Bool) {
        self.events = events
        self.answersPings = answersPings
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        var payload = frame.unmaskedData
        switch frame.opcode {
        case .text:
            let text = String(buffer: payload)
            SecretWatch.heard(frame: text)
            events.append(.text(text))
        case .ping:
            events.append(.ping)
            if answersPings { answer(.pong, payload, context) }
        case .pong: events.append(.pong(String(buffer: payload)))
        case .connectionClose:
            if !isClosing, answersPings { answer(.connectionClose, payload, context) }
            isClosing = true
            let code = payload.readInteger(as: UInt16.self).map(Int.init) ?? 1005
            let reason = String(buffer: payload)
            SecretWatch.saw(reason, in: .feeds)
            events.append(.close(code: code, reason: reason))
        default: events.append(.binary(Array(buffer: payload)))
        }
    }

    private func answer(_ opcode: WebSocketOpcode, _ payload: ByteBuffer, _ context: ChannelHandlerContext) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: [9, 8, 7, 6], data: payload)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed? = event as? ChannelEvent else { return }
        end()
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func end() {
        guard !hasEnded else { return }
        hasEnded = true
        events.append(.ended)
    }
}

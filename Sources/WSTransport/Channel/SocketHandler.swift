import DequeModule
import Foundation
import NIOCore
import NIOExtras

/// The end of a socket's pipeline: frames, control frames, the closing handshake, the heartbeat and the bounds of what
/// waits in either direction. What messages mean is its session's business.
///
/// Pings are answered here, on the event loop, however busy the session is. Messages are handed over only while the
/// peer takes what is written; more than a few that wait stop the reading, so that TCP slows the peer down.
final class SocketHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case open
        /// A close frame was sent; the peer's is awaited.
        case closing
        /// Both sides have said all; the peer's end of the connection is awaited, so that it can read to the last byte.
        case lingering
        case closed
    }

    private static let maxWaiting = 32
    private static let maxBacklog = 64
    private static let maxPongs = 16
    private static let batch = 32_768

    private let session: any SocketSession
    private let configuration: SocketConfiguration
    private var context: ChannelHandlerContext?
    private var reader: FrameReader
    private var phase = Phase.open
    /// Messages that the session could not be given yet.
    private var waiting: Deque<SocketMessage> = []
    private var isReadHeld = false
    private var isTurning = false
    private var turnsAgain = false
    private var lastHeard = NIODeadline.uptimeNanoseconds(0)
    private var alarms = Alarms()
    private var timer: (deadline: NIODeadline, callback: NIOScheduledCallback)?
    /// Pongs that were written since the peer stopped reading, and the newest that was not.
    private var unreadPongs = 0
    private var owedPong: Data?
    var isHeld = false

    init(session: any SocketSession, configuration: SocketConfiguration) {
        self.session = session
        self.configuration = configuration
        reader = FrameReader(limit: configuration.maxFrame)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        lastHeard = context.eventLoop.now
        // The first beat comes at a time of its own, so that connections made together do not beat together.
        set(.heartbeat, in: configuration.heartbeat * Double.random(in: 0.5...1))
        set(.silence, in: configuration.silenceLimit)
        session.opened(self)
        turn()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        guard phase != .closed || context != nil else { return }
        phase = .closed
        context = nil
        timer?.callback.cancel()
        timer = nil
        waiting.removeAll()
        session.closed()
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastHeard = context.eventLoop.now
        guard phase == .open || phase == .closing else { return }
        reader.feed(unwrapInboundIn(data))
        do throws(FrameFault) {
            while phase == .open || phase == .closing, let event = try reader.next() { receive(event, context) }
        } catch {
            // What came before the fault is good, and its answer comes before the close.
            turn()
            finish(error.code, error.reason)
        }
        turn()
    }

    private func receive(_ event: FrameReader.Event, _ context: ChannelHandlerContext) {
        switch event {
        case .message(let message):
            if phase == .open { waiting.append(message) }
        case .ping(let payload):
            if phase == .open { answer(payload, context) }
        case .pong:
            break
        case .close(let code):
            turn()
            finish(code, "")
        }
    }

    /// Answers a ping. To a peer that sends pings and reads nothing only the last is owed (RFC 6455, section 5.5.3).
    private func answer(_ payload: Data, _ context: ChannelHandlerContext) {
        if !context.channel.isWritable {
            guard unreadPongs < Self.maxPongs else {
                owedPong = payload
                return
            }
            unreadPongs += 1
        }
        writeControl(.pong, payload)
    }

    func read(context: ChannelHandlerContext) {
        if waiting.count < Self.maxWaiting {
            context.read()
        } else {
            isReadHeld = true
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            session.shouldQuiesce()
            turn()
        case ChannelEvent.inputClosed:
            // Nobody is there any more to hear a close frame.
            context.close(promise: nil)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: Out

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            set(.slowReader, in: nil)
            unreadPongs = 0
            if let payload = owedPong, phase == .open {
                owedPong = nil
                writeControl(.pong, payload)
            }
            turn()
        } else if alarms[.slowReader] == nil {
            set(.slowReader, in: configuration.slowReaderLimit)
        }
    }

    /// Hands messages over and writes what there is to say, until one side has to wait.
    func turn() {
        guard !isTurning else {
            turnsAgain = true
            return
        }
        isTurning = true
        repeat {
            turnsAgain = false
            handOver()
            session.receivedAll()
            pump()
        } while turnsAgain
        isTurning = false
        if isReadHeld, waiting.count < Self.maxWaiting, let context {
            isReadHeld = false
            context.read()
        }
    }

    private func handOver() {
        while !isHeld, phase == .open, let context, let message = waiting.first {
            if session.backlog >= Self.maxBacklog { pump() }
            guard context.channel.isWritable, session.backlog < Self.maxBacklog else { return }
            waiting.removeFirst()
            session.received(message)
        }
    }

    private func pump() {
        guard phase == .open, let context else { return }
        while context.channel.isWritable {
            var buffer: ByteBuffer?
            while buffer?.readableBytes ?? 0 < Self.batch, let message = session.nextMessage() {
                if buffer == nil { buffer = context.channel.allocator.buffer(capacity: message.byteCount + 16) }
                buffer?.writeFrame(message)
            }
            guard let buffer else { return }
            context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        }
    }

    private func writeControl(_ opcode: Opcode, _ payload: Data) {
        guard let context else { return }
        var buffer = context.channel.allocator.buffer(capacity: payload.count + 2)
        buffer.writeControlFrame(opcode, payload)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    // MARK: The end

    func close(_ code: CloseCode, _ reason: String) {
        guard phase == .open else { return }
        pump()
        writeClose(code, reason)
        // Nothing more is handed over, and what the peer still sends is read only to find its close frame.
        if phase == .open { phase = .closing }
        waiting.removeAll()
        set(.close, in: configuration.closeLimit)
        turnsAgain = true
    }

    /// Says the last word: the answer to the peer's close frame, or why the connection can't go on.
    private func finish(_ code: CloseCode?, _ reason: String) {
        if phase == .open {
            pump()
            writeClose(code, reason)
        }
        linger()
    }

    private func writeClose(_ code: CloseCode?, _ reason: String) {
        guard let context else { return }
        var buffer = context.channel.allocator.buffer(capacity: 127)
        buffer.writeCloseFrame(code, reason)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    /// Ends this side only. Closing both at once while bytes of the peer are unread would reset the connection, and
    /// take the close frame from the peer.
    private func linger() {
        guard phase == .open || phase == .closing, let context else { return }
        phase = .lingering
        waiting.removeAll()
        set(.close, in: min(.seconds(1), configuration.closeLimit))
        context.close(mode: .output).assumeIsolated().whenFailure { _ in context.close(promise: nil) }
    }
}

extension SocketHandler: SocketLink {
    var eventLoop: any EventLoop {
        guard let context else { preconditionFailure("a session has no link before it is opened and after it is closed") }
        return context.eventLoop
    }
}

// MARK: Time

extension SocketHandler: NIOScheduledCallbackHandler {
    func set(_ alarm: SocketAlarm, in time: Duration?) {
        guard let context else { return }
        alarms[alarm] = time.map { context.eventLoop.now + TimeAmount($0) }
        schedule()
    }

    /// Sees to it that the timer rings for the next alarm. One that rings too early does no harm.
    private func schedule() {
        guard let context, let next = alarms.next else { return }
        if let timer {
            guard next < timer.deadline else { return }
            timer.callback.cancel()
        }
        timer = nil
        // It fails only while the event loop shuts down, when connections end anyway.
        guard let callback = try? context.eventLoop.assumeIsolated().scheduleCallback(at: next, handler: self) else {
            return
        }
        timer = (next, callback)
    }

    func handleScheduledCallback(eventLoop: some EventLoop) {
        timer = nil
        for alarm in alarms.take(at: eventLoop.now) { rang(alarm) }
        schedule()
    }

    private func rang(_ alarm: SocketAlarm) {
        guard let context else { return }
        switch alarm {
        case .heartbeat:
            guard phase == .open else { return }
            if context.channel.isWritable { writeControl(.ping, Data()) }
            set(.heartbeat, in: configuration.heartbeat)
        case .silence:
            let left = lastHeard + TimeAmount(configuration.silenceLimit) - context.eventLoop.now
            if left > .zero {
                set(.silence, in: .nanoseconds(left.nanoseconds))
            } else {
                close(.silent, "nothing was heard of the client")
            }
        case .slowReader:
            close(.slowReader, "the client reads too slowly")
        case .close:
            context.close(promise: nil)
        case .attach, .age, .expiryNotice, .expiry, .finish:
            guard phase == .open else { return }
            session.rang(alarm)
            turn()
        }
    }
}

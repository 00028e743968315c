import NIOCore

/// The end of a connection's pipeline: it writes what the outbox holds, reads replies, and minds the time.
final class RedisHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let outbox: RedisOutbox
    private let options: RedisOptions
    /// Takes the messages of channels, on the event loop; nil on a connection for commands.
    private let receive: (@Sendable (_ channel: [UInt8], _ payload: [UInt8]) -> Void)?
    private let reader = RedisReplyReader()
    private var pipeline: RedisPipeline?
    /// Nil before the beginning and after the end.
    private var context: ChannelHandlerContext?
    private var hasHeard = false
    private var timer: (deadline: NIODeadline, callback: NIOScheduledCallback)?

    init(
        outbox: RedisOutbox, options: RedisOptions,
        receive: (@Sendable (_ channel: [UInt8], _ payload: [UInt8]) -> Void)?
    ) {
        self.outbox = outbox
        self.options = options
        self.receive = receive
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(.closed)
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Before the first bytes an error that is not the system's is TLS's; later it tells only that the connection broke.
        let isBroken = hasHeard || error is IOError || error is ChannelError
        end(isBroken ? .closed : .noTLS("\(error)"))
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard pipeline == nil else { return }
        pipeline = RedisPipeline(
            isListening: receive != nil, heartbeat: TimeAmount(options.heartbeat),
            patience: TimeAmount(options.commandTimeout), now: context.eventLoop.now
        )
        drain()
    }

    // MARK: Out

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is RedisOutbox.Wake {
            drain()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func drain() {
        guard let context, pipeline != nil else { return }
        let now = context.eventLoop.now
        var bytes: ByteBuffer?
        for request in outbox.take() {
            guard request.deadline > now else {
                request.fail(.unreachable)
                continue
            }
            pipeline?.send(request)
            if bytes == nil {
                bytes = request.bytes
            } else {
                bytes?.writeImmutableBuffer(request.bytes)
            }
        }
        if let bytes { context.writeAndFlush(wrapOutboundOut(bytes), promise: nil) }
        schedule()
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.context != nil else { return }
        hasHeard = true
        pipeline?.heard(now: context.eventLoop.now)
        do throws(RedisProtocolError) {
            try reader.feed(unwrapInboundIn(data))
            while self.context != nil, let reply = try reader.next() { take(reply) }
        } catch {
            end(.gibberish)
        }
        schedule()
    }

    private func take(_ reply: RedisReply) {
        switch pipeline?.receive(reply) {
        case .answered(let request, let replies): request.answer(.success(replies))
        case .message(let channel, let payload): receive?(channel, payload)
        case .noted, nil: break
        case .unexpected: end(.gibberish)
        }
    }

    // MARK: The end

    /// Gives the connection up. What comes after it is not read: it would answer what nobody asks any more.
    private func end(_ trouble: RedisTrouble) {
        guard let context else { return }
        self.context = nil
        timer?.callback.cancel()
        timer = nil
        let unsent = outbox.shut(trouble)
        let unanswered = pipeline?.end() ?? []
        context.close(promise: nil)
        for request in unanswered { request.fail(.outcomeUnknown) }
        for request in unsent { request.fail(.unreachable) }
    }
}

// MARK: Time

extension RedisHandler: NIOScheduledCallbackHandler {
    /// Sees to it that the timer rings for the next duty. One that rings too early does no harm.
    private func schedule() {
        guard let context, let pipeline else { return }
        var next = context.eventLoop.now
        if case .wait(let until) = pipeline.duty(now: next) { next = until }
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
        guard let context, let pipeline else { return }
        switch pipeline.duty(now: eventLoop.now) {
        case .wait: break
        case .ping:
            self.pipeline?.sendPing(now: eventLoop.now)
            var bytes = context.channel.allocator.buffer(capacity: 16)
            bytes.writeRedisCommand(["PING"])
            context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        case .giveUp: end(.silent)
        }
        schedule()
    }
}

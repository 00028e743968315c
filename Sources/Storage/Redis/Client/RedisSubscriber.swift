package import Logging
package import NIOCore

/// A connection of its own that listens on channels, and says when messages may have been missed.
package final class RedisSubscriber: Sendable {
    package enum Event: Sendable, Equatable {
        /// All channels are listened to, for the first time or again. Whatever was published before it may have been
        /// missed; nothing after it is, up to ``lost``.
        case listening(isFirst: Bool)
        case message(channel: String, payload: [UInt8])
        /// Nothing is listened to any more, or messages were dropped because their consumer was too slow.
        case lost
    }

    /// What happens, for one consumer. It ends with ``run()``, or when the consumer is cancelled.
    package let events: AsyncStream<Event>
    private let keeper: RedisKeeper
    private let queue: RedisEventQueue

    /// - Parameters:
    ///   - endpoint: the server.
    ///   - options: every number.
    ///   - channels: what is listened to.
    ///   - group: one of its event loops serves the connection.
    ///   - logger: is told of troubles with the connection, once each; never of a password or a message.
    package init(
        endpoint: RedisEndpoint, options: RedisOptions = RedisOptions(), channels: [String], group: any EventLoopGroup,
        logger: Logger
    ) {
        keeper = RedisKeeper(
            endpoint: endpoint, options: options, channels: channels, eventLoop: group.next(), logger: logger
        )
        let queue = RedisEventQueue(limit: options.maxBacklog)
        self.queue = queue
        events = AsyncStream(unfolding: { await queue.next() }, onCancel: { queue.finish() })
    }

    /// Keeps the connection, until the task is cancelled or ``stop()`` is called. It may be called once.
    package func run() async {
        await keeper.run(self)
    }

    /// Ends the connection, now and for ever. It returns at once.
    package func stop() {
        keeper.life.stop()
    }

    /// Ends the connection, and returns when ``run()`` is about to.
    package func close() async {
        stop()
        await keeper.life.finished()
    }
}

extension RedisSubscriber: RedisConnectionUser {
    var receive: (@Sendable (_ channel: [UInt8], _ payload: [UInt8]) -> Void)? {
        { [queue] channel, payload in queue.message(channel, payload) }
    }

    func opened(_ link: RedisLink) {
        queue.listening()
    }

    func lost(_ link: RedisLink) {
        queue.lost()
    }

    func failed() {}

    func stopped() {
        queue.finish()
    }
}

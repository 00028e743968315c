import CommandBus
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// One subscription on its way out as server-sent events.
///
/// Whatever it holds is given back when it ends, or when it is dropped without having been started.
final class FeedStream: Sendable {
    /// What has to be given back, each thing once.
    private let releases: Mutex<[@Sendable () -> Void]>
    private let subscription: FeedSubscription
    private let signal: StreamSignal
    private let limits: RESTConfiguration.Streams
    /// How long the session lives at most; nil if nobody is signed in.
    private let sessionLife: Duration?
    private let channel: any Channel

    init(
        subscription: FeedSubscription, signal: StreamSignal, limits: RESTConfiguration.Streams, sessionLife: Duration?,
        channel: any Channel, releases: [@Sendable () -> Void]
    ) {
        self.subscription = subscription
        self.signal = signal
        self.limits = limits
        self.sessionLife = sessionLife
        self.channel = channel
        self.releases = Mutex(releases)
    }

    deinit {
        release()
    }

    private func release() {
        let due = releases.withLock { releases in
            defer { releases = [] }
            return releases
        }
        for release in due { release() }
    }

    func body(of request: Request) -> ResponseBody {
        ResponseBody { [self] writer in
            defer { release() }
            let timers = startTimers()
            defer { for timer in timers { timer() } }
            // Only this way is it noticed that the reader has gone.
            try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await withGracefulShutdownHandler {
                    try await self.run(&writer)
                } onGracefulShutdown: { [signal] in
                    signal.end(.drain)
                }
            }
            try await writer.finish(nil)
        }
    }

    @concurrent
    private func run(_ writer: inout any ResponseBodyWriter) async throws {
        try await write(EventText.opening(), &writer)
        for await _ in signal.wakes {
            if let end = signal.ending {
                // What a session may see ends with it: nothing that waits is sent any more.
                try await write(EventText.bye(end), &writer)
                return
            }
            let events = subscription.take()
            var buffer = ByteBuffer()
            for event in events { EventText.append(event, to: &buffer) }
            if signal.takeBeat() { buffer.writeImmutableBuffer(EventText.heartbeat) }
            if buffer.readableBytes > 0 { try await write(buffer, &writer) }
            if events.last?.kind == .bye { return }
        }
        // The wakes end only with the task: the reader has gone.
        throw CancellationError()
    }

    @concurrent
    private func write(_ buffer: ByteBuffer, _ writer: inout any ResponseBodyWriter) async throws {
        signal.startWriting()
        defer { signal.finishWriting() }
        try await writer.write(buffer)
    }

    /// Starts what happens by time, on the connection's own loop.
    ///
    /// - Returns: what stops it.
    private func startTimers() -> [@Sendable () -> Void] {
        let (signal, channel, limits) = (signal, channel, limits)
        let heartbeat = TimeAmount(limits.heartbeat)
        let beats = channel.eventLoop.scheduleRepeatedTask(initialDelay: heartbeat, delay: heartbeat) { _ in
            signal.beat()
        }
        let look = TimeAmount(limits.slowLimit / 4)
        let looks = channel.eventLoop.scheduleRepeatedTask(initialDelay: look, delay: look) { _ in
            // The write that waits then fails, and with it the stream.
            if signal.isStuck(longerThan: limits.slowLimit) { channel.close(promise: nil) }
        }
        let age = limits.maxAge * Double.random(in: 0.8...1.2)
        let ageEnd = channel.eventLoop.scheduleTask(in: TimeAmount(age)) { signal.end(.age) }
        let sessionEnd = sessionLife.map { life in
            channel.eventLoop.scheduleTask(in: TimeAmount(max(life, .zero))) { signal.end(.sessionExpired) }
        }
        return [
            { beats.cancel() }, { looks.cancel() }, { ageEnd.cancel() }, { sessionEnd?.cancel() },
        ]
    }
}

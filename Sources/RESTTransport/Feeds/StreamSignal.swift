import CommandBus
import Synchronization

/// Everything that may wake a stream, in one place: any number of calls between two looks are one.
final class StreamSignal: FeedSink {
    private struct State {
        var end: StreamEnd?
        var isBeatDue = false
        var writingSince: ContinuousClock.Instant?
    }

    let wakes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    init() {
        (wakes, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func feedIsReady(_ subscription: FeedSubscription) {
        continuation.yield()
    }

    /// The first reason stands.
    func end(_ reason: StreamEnd) {
        state.withLock { if $0.end == nil { $0.end = reason } }
        continuation.yield()
    }

    func beat() {
        state.withLock { $0.isBeatDue = true }
        continuation.yield()
    }

    var ending: StreamEnd? { state.withLock { $0.end } }

    /// Whether a heartbeat is due; asking settles it.
    func takeBeat() -> Bool {
        state.withLock { state in
            defer { state.isBeatDue = false }
            return state.isBeatDue
        }
    }

    func startWriting() {
        state.withLock { $0.writingSince = .now }
    }

    func finishWriting() {
        state.withLock { $0.writingSince = nil }
    }

    /// Whether the reader has let a write wait for longer than `limit`.
    func isStuck(longerThan limit: Duration) -> Bool {
        guard let since = state.withLock({ $0.writingSince }) else { return false }
        return since.duration(to: .now) > limit
    }
}

package import CommandBus
import Synchronization

/// Reads a feed as fast as it comes, and lets a test wait for what it must bring.
package final class FeedReader: FeedSink {
    private struct Waiter {
        let id: Int
        let isDone: @Sendable ([FeedEvent]) -> Bool
        let continuation: CheckedContinuation<[FeedEvent], Never>
    }

    private struct State {
        var events: [FeedEvent] = []
        var waiters: [Waiter] = []
        var nextID = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Everything that was read so far.
    package var events: [FeedEvent] { state.withLock { $0.events } }

    package func feedIsReady(_ subscription: FeedSubscription) {
        let done = state.withLock { state in
            // Taken under the lock, so that events stay in the order in which they were handed out.
            state.events += subscription.take()
            let done = state.waiters.filter { $0.isDone(state.events) }
            state.waiters.removeAll { waiter in done.contains { $0.id == waiter.id } }
            return done.map { ($0.continuation, state.events) }
        }
        for (continuation, events) in done { continuation.resume(returning: events) }
    }

    /// Waits until what was read so far satisfies a condition.
    package func wait(
        _ what: String = "an event", seconds: Double = 10, until isDone: @escaping @Sendable ([FeedEvent]) -> Bool
    ) async throws -> [FeedEvent] {
        try await withDeadline(seconds, what) {
            await withCheckedContinuation { continuation in
                let events: [FeedEvent]? = self.state.withLock { state in
                    if isDone(state.events) { return state.events }
                    state.nextID += 1
                    state.waiters.append(Waiter(id: state.nextID, isDone: isDone, continuation: continuation))
                    return nil
                }
                if let events { continuation.resume(returning: events) }
            }
        }
    }

    /// Waits until `count` events were read.
    package func first(_ count: Int) async throws -> [FeedEvent] {
        try await wait("\(count) events") { $0.count >= count }
    }
}

extension FeedEvent {
    package var text: String { String(decoding: data, as: UTF8.self) }
}

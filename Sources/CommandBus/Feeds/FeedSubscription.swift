import Foundation
import Synchronization

/// Wakes the transport of a subscriber. It must return at once, and may be called from any thread.
package protocol FeedSink: AnyObject, Sendable {
    func feedIsReady(_ subscription: FeedSubscription)
}

/// One subscriber's view of a topic: at most one waiting change a subject, however slowly it reads.
package final class FeedSubscription: Sendable {
    package let id: UInt64
    package let topic: String
    package let filter: FeedFilter
    let key: String
    /// Changes up to here are part of what the subscription begins with.
    private let base: UInt64
    private weak let sink: (any FeedSink)?
    private let state = Mutex(State())

    private struct State {
        /// Nothing is handed out before the snapshot is there.
        var isOpen = false
        var opening: [FeedEvent] = []
        /// The latest change of each subject.
        var pending: [String: FeedEvent] = [:]
        var ending: FeedEvent?
        var isSignalled = false

        /// Whether the sink has to be woken: once for any number of changes until it takes them.
        mutating func signal() -> Bool {
            guard isOpen, !isSignalled else { return false }
            isSignalled = true
            return true
        }
    }

    init(id: UInt64, topic: String, filter: FeedFilter, key: String, base: UInt64, sink: any FeedSink) {
        self.id = id
        self.topic = topic
        self.filter = filter
        self.key = key
        self.base = base
        self.sink = sink
    }

    /// Takes everything that is due, in order: the opening, then the latest change of each subject by position.
    package func take() -> [FeedEvent] {
        state.withLock { state in
            guard state.isOpen else { return [] }
            state.isSignalled = false
            var events = state.opening
            state.opening.removeAll()
            events += state.pending.values.sorted { $0.position.sequence < $1.position.sequence }
            state.pending.removeAll(keepingCapacity: true)
            if let ending = state.ending {
                events.append(ending)
                state.ending = nil
            }
            return events
        }
    }

    /// How many changes are waiting; never more than the topic has subjects.
    package var waiting: Int {
        state.withLock { $0.pending.count }
    }

    func offer(_ event: FeedEvent, subject: String) {
        // The fan-out may still be at changes from before the subscription.
        guard event.position.sequence > base else { return }
        let wake = state.withLock { state in
            state.pending[subject] = event
            return state.signal()
        }
        if wake { sink?.feedIsReady(self) }
    }

    /// Hands out what the subscription begins with; changes follow.
    func open(with events: [FeedEvent]) {
        let wake = state.withLock { state in
            state.opening = events
            state.isOpen = true
            return state.signal()
        }
        if wake { sink?.feedIsReady(self) }
    }

    func end(with event: FeedEvent) {
        let wake = state.withLock { state in
            state.ending = event
            return state.signal()
        }
        if wake { sink?.feedIsReady(self) }
    }
}

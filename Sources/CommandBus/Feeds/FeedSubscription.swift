import Foundation
import Synchronization

/// Wakes the transport of a subscriber. It must return at once, and may be called from any thread.
package protocol FeedSink: AnyObject, Sendable {
    func feedIsReady(_ subscription: FeedSubscription)
}

/// One subscriber's view of a topic: at most one waiting change a subject, however slowly it reads.
package final class FeedSubscription: Sendable {
    /// Where a subscription begins, or begins anew: changes up to here are part of what it begins with.
    struct Start: Sendable {
        let position: FeedPosition
        let era: UInt64
    }

    package let id: UInt64
    package let topic: String
    package let filter: FeedFilter
    let principal: Principal?
    let key: String
    private weak let sink: (any FeedSink)?
    private let state: Mutex<State>

    private struct State {
        var start: Start
        /// Nothing is handed out before the snapshot is there.
        var isOpen = false
        var opening: [FeedEvent] = []
        /// The latest change of each subject.
        var pending: [String: FeedEvent] = [:]
        var ending: FeedEvent?
        var isSignalled = false
        var hasLeft = false
        /// The era of the first snapshot that is owed; nil if it has the one that it needs, or waits for its first.
        var waitingSince: UInt64?

        /// Whether the sink has to be woken: once for any number of changes until it takes them.
        mutating func signal() -> Bool {
            guard isOpen, !isSignalled else { return false }
            isSignalled = true
            return true
        }
    }

    init(
        id: UInt64, topic: String, filter: FeedFilter, principal: Principal?, key: String, start: Start, sink: any FeedSink
    ) {
        self.id = id
        self.topic = topic
        self.filter = filter
        self.principal = principal
        self.key = key
        self.sink = sink
        state = Mutex(State(start: start))
    }

    /// Takes everything that is due, in order: the opening, then the latest change of each subject by position.
    package func take() -> [FeedEvent] {
        state.withLock { state in
            // Also if there is nothing to take: it was woken before the subscription began anew, and has to be woken again.
            state.isSignalled = false
            guard state.isOpen else { return [] }
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

    var waitingSince: UInt64? {
        state.withLock { $0.waitingSince }
    }

    /// Whether anybody reads still.
    var isThere: Bool {
        sink != nil && !state.withLock { $0.hasLeft }
    }

    func leave() {
        state.withLock { $0.hasLeft = true }
    }

    func offer(_ event: FeedEvent, subject: String, era: UInt64) {
        let wake = state.withLock { state in
            // The fan-out may still be at changes from before the subscription began, or began anew.
            guard era == state.start.era, event.position.sequence > state.start.position.sequence else { return false }
            state.pending[subject] = event
            return state.signal()
        }
        if wake { sink?.feedIsReady(self) }
    }

    /// Begins anew: what was not taken yet is dropped, and nothing is handed out until the snapshot is there.
    func restart(at start: Start) {
        state.withLock { state in
            state.start = start
            state.isOpen = false
            state.opening.removeAll()
            state.pending.removeAll()
            if state.waitingSince == nil { state.waitingSince = start.era }
        }
    }

    /// Hands out what the subscription begins with; changes follow. If it has begun anew meanwhile, these events are from
    /// before, and others will come.
    func open(with events: [FeedEvent], era: UInt64) {
        let wake = state.withLock { state in
            guard era == state.start.era else { return false }
            state.opening = events
            state.isOpen = true
            state.waitingSince = nil
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

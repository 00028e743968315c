import DequeModule
import Dispatch
import Foundation
import Synchronization

/// Numbers the changes, keeps the last of them for those who come back, and tells the subscribers.
///
/// Publishing is one lock and an append; telling the subscribers is done on a queue of its own, so that a commit never
/// waits for readers.
package final class FeedHub: Sendable {
    private struct Numbered {
        let change: FeedChange
        let event: FeedEvent
    }

    private struct State {
        var sequence: UInt64 = 0
        /// The last changes of all topics, oldest first.
        var window: Deque<Numbered> = []
        var topics: [String: FeedTopic] = [:]
        /// Subscribers by topic and by the narrowest name of their filter.
        var subscribers: [String: [UInt64: FeedSubscription]] = [:]
        var nextID: UInt64 = 0
        var setting: FeedTransportSetting
    }

    package let epoch: String
    private let windowSize: Int
    private let maintenance: MaintenanceSwitch
    private let state: Mutex<State>
    private let fanOut = DispatchQueue(label: "farebus.feeds")

    /// - Parameters:
    ///   - epoch: a name for this life of the sequence: lower-case letters and digits, not used before.
    ///   - windowSize: how many changes are kept for cursors.
    ///   - transport: where feeds go out.
    ///   - maintenance: shuts the topics while it is on, as it does commands.
    package init(
        epoch: String, windowSize: Int = 4096, transport: FeedTransportSetting = .both,
        maintenance: MaintenanceSwitch = MaintenanceSwitch()
    ) {
        self.maintenance = maintenance
        self.epoch = epoch
        self.windowSize = windowSize
        state = Mutex(State(setting: transport))
    }

    package func register(_ topic: FeedTopic) {
        state.withLock { $0.topics[topic.name] = topic }
    }

    package var topics: [FeedTopic] {
        state.withLock { $0.topics.values.sorted { $0.name < $1.name } }
    }

    package var setting: FeedTransportSetting { state.withLock { $0.setting } }

    /// The position of the newest change.
    package var position: FeedPosition {
        FeedPosition(epoch: epoch, sequence: state.withLock { $0.sequence })
    }

    /// Publishes changes in their order.
    ///
    /// - Returns: the position of the last one.
    package func publish(_ changes: [FeedChange]) -> FeedPosition {
        let last = state.withLock { state in
            for change in changes {
                state.sequence += 1
                let position = FeedPosition(epoch: epoch, sequence: state.sequence)
                let event = FeedEvent(kind: .change, position: position, data: change.data)
                state.window.append(Numbered(change: change, event: event))
                if state.window.count > windowSize { state.window.removeFirst() }
                // Queued under the lock, so that subscribers see changes in the order of their numbers.
                fanOut.async { self.deliver(Numbered(change: change, event: event)) }
            }
            return state.sequence
        }
        return FeedPosition(epoch: epoch, sequence: last)
    }

    private func deliver(_ numbered: Numbered) {
        let change = numbered.change
        let listeners = state.withLock { state -> [FeedSubscription] in
            var found: [FeedSubscription] = []
            for key in Self.keys(of: change) {
                if let subscribers = state.subscribers[key] { found.append(contentsOf: subscribers.values) }
            }
            return found
        }
        for listener in listeners where listener.filter.matches(change.attributes) {
            listener.offer(numbered.event, subject: change.subject)
        }
    }

    /// Starts a subscription: a snapshot first, or what was missed since `cursor`.
    ///
    /// - Parameters:
    ///   - name: the topic.
    ///   - filter: what it is narrowed to.
    ///   - cursor: the last position that the reader has seen.
    ///   - principal: who reads.
    ///   - transport: how it is read.
    ///   - sink: is woken when there is something to take. The hub holds it weakly.
    /// - Throws: ``Problem``: an unknown topic or filter name, no access, a feed that is on the other transport.
    package func subscribe(
        to name: String, filter: FeedFilter, since cursor: String?, principal: Principal?, via transport: FeedTransport,
        sink: any FeedSink
    ) async throws -> FeedOpening {
        let topic = try admit(name, filter, principal, transport)
        let since = try cursor.map { text throws(Problem) in
            guard let position = FeedPosition(text) else { throw .invalid("/since", "must be a position like k3x.174") }
            return position
        }
        let (subscription, base, missed) = attach(topic, filter, since, sink)
        if let missed {
            subscription.open(with: missed)
            return FeedOpening(subscription: subscription, mode: .resumed, position: base)
        }
        do {
            let snapshot = FeedEvent(kind: .snapshot, position: base, data: try await topic.makeSnapshot(filter, principal))
            let gap = since.map { since in
                let reason = since.epoch == epoch ? "too_old" : "other_epoch"
                return FeedEvent(kind: .gap, position: base, data: Data(#"{"reason":"\#(reason)"}"#.utf8))
            }
            subscription.open(with: (gap.map { [$0] } ?? []) + [snapshot])
            return FeedOpening(subscription: subscription, mode: .snapshot, position: base)
        } catch {
            unsubscribe(subscription)
            throw error
        }
    }

    package func unsubscribe(_ subscription: FeedSubscription) {
        state.withLock { state in
            state.subscribers[subscription.key]?[subscription.id] = nil
            if state.subscribers[subscription.key]?.isEmpty == true { state.subscribers[subscription.key] = nil }
        }
    }

    /// How many subscriptions there are.
    package var subscriberCount: Int {
        state.withLock { $0.subscribers.values.reduce(0) { $0 + $1.count } }
    }

    private func admit(
        _ name: String, _ filter: FeedFilter, _ principal: Principal?, _ transport: FeedTransport
    ) throws(Problem) -> FeedTopic {
        let (found, setting) = state.withLock { ($0.topics[name], $0.setting) }
        guard let topic = found else { throw Problem(.unknownTopic, "There is no feed of this name.") }
        let state = maintenance.current
        if state.on, topic.availability == .shutInMaintenance { throw .maintenance(state) }
        switch topic.access {
        case .anyone: break
        case .signedIn: guard principal != nil else { throw .notSignedIn }
        case .roles(let roles):
            guard let principal else { throw .notSignedIn }
            guard roles.contains(principal.role) else {
                throw Problem(.notAllowed, "The role '\(principal.role.rawValue)' may not read this feed.")
            }
        }
        guard setting.includes(transport) else { throw .feedElsewhere(topic: name, setting: setting) }
        let unknown = filter.values.keys.sorted().filter { !topic.filters.contains($0) }
        guard unknown.isEmpty else {
            throw .invalid(unknown.map { Violation(pointer: "/filter/\($0)", detail: "is not a known field") })
        }
        return topic
    }

    /// Begins to keep changes for a new subscriber, and finds what it has missed.
    private func attach(
        _ topic: FeedTopic, _ filter: FeedFilter, _ since: FeedPosition?, _ sink: any FeedSink
    ) -> (FeedSubscription, base: FeedPosition, missed: [FeedEvent]?) {
        state.withLock { state in
            state.nextID += 1
            let key = Self.key(topic: topic, filter: filter)
            let subscription = FeedSubscription(
                id: state.nextID, topic: topic.name, filter: filter, key: key, base: state.sequence, sink: sink
            )
            state.subscribers[key, default: [:]][subscription.id] = subscription
            let base = FeedPosition(epoch: epoch, sequence: state.sequence)
            guard let since, since.epoch == epoch, since.sequence <= state.sequence else { return (subscription, base, nil) }
            let oldest = state.window.first?.event.position.sequence ?? state.sequence + 1
            guard since.sequence + 1 >= oldest else { return (subscription, base, nil) }
            // The latest state of each subject is enough, as it is for a reader that never left.
            var latest: [String: FeedEvent] = [:]
            for numbered in state.window.reversed() {
                guard numbered.event.position.sequence > since.sequence else { break }
                let change = numbered.change
                guard change.topic == topic.name, filter.matches(change.attributes), latest[change.subject] == nil
                else { continue }
                latest[change.subject] = numbered.event
            }
            return (subscription, base, latest.values.sorted { $0.position.sequence < $1.position.sequence })
        }
    }

    private static func key(topic: FeedTopic, filter: FeedFilter) -> String {
        for name in topic.filters {
            if let value = filter[name] { return "\(topic.name)/\(name)=\(value)" }
        }
        return topic.name
    }

    private static func keys(of change: FeedChange) -> [String] {
        [change.topic] + change.attributes.map { "\(change.topic)/\($0.key)=\($0.value)" }
    }
}

/// A subscription that has begun.
package struct FeedOpening: Sendable {
    package enum Mode: String, Sendable {
        case resumed
        case snapshot
    }

    package let subscription: FeedSubscription
    package let mode: Mode
    package let position: FeedPosition
}

extension Problem {
    static func feedElsewhere(topic: String, setting: FeedTransportSetting) -> Problem {
        let place =
            switch setting {
            case .sse: "GET /v1/feeds/\(topic) (server-sent events)"
            case .websocket, .both: "GET /v1/socket (a 'sub' frame)"
            }
        return Problem(.feedElsewhere, "Feeds are served elsewhere now: \(place).")
    }
}

import Dispatch
import Foundation
import Synchronization

/// Numbers the changes, keeps the last of them for those who come back, and tells the subscribers.
///
/// Publishing is one lock and an append; telling the subscribers is done on a queue of its own, so that a commit never
/// waits for readers.
package final class FeedHub: Sendable {
    private struct State {
        var log: FeedLog
        var topics: [String: FeedTopic] = [:]
        /// Subscribers by topic and by the narrowest name of their filter.
        var subscribers: [String: [UInt64: FeedSubscription]] = [:]
        var nextID: UInt64 = 0
        var setting: FeedTransportSetting
        /// Makes the snapshots after the last resync.
        var refresh: Task<Void, Never>?
    }

    private let maintenance: MaintenanceSwitch
    private let clock: any SteadyClock
    private let random: any RandomSource
    private let state: Mutex<State>
    private let fanOut = DispatchQueue(label: "farebus.feeds")

    /// - Parameters:
    ///   - epoch: a name for this life of the sequence: lower-case letters and digits, not used before.
    ///   - windowSize: how many changes are kept for cursors.
    ///   - transport: where feeds go out.
    ///   - maintenance: shuts the topics while it is on, as it does commands.
    ///   - clock: measures how long to wait before a snapshot that failed is tried again.
    ///   - random: spreads those waits.
    package init(
        epoch: String, windowSize: Int = 4096, transport: FeedTransportSetting = .both,
        maintenance: MaintenanceSwitch = MaintenanceSwitch(), clock: any SteadyClock = SystemSteadyClock(),
        random: any RandomSource = SystemRandomSource()
    ) {
        self.maintenance = maintenance
        self.clock = clock
        self.random = random
        state = Mutex(State(log: FeedLog(epoch: epoch, capacity: windowSize), setting: transport))
    }

    deinit {
        state.withLock { $0.refresh }?.cancel()
    }

    package func register(_ topic: FeedTopic) {
        state.withLock { $0.topics[topic.name] = topic }
    }

    package var topics: [FeedTopic] {
        state.withLock { $0.topics.values.sorted { $0.name < $1.name } }
    }

    package var setting: FeedTransportSetting { state.withLock { $0.setting } }

    /// The position of the newest change.
    package var position: FeedPosition { state.withLock { $0.log.position } }

    /// The life of the numbering that positions belong to now.
    package var epoch: String { position.epoch }

    /// Publishes changes in their order, and numbers them; on a server that is alone.
    ///
    /// A change that comes after a newer version of its subject is dropped.
    ///
    /// - Returns: the position of the last one.
    package func publish(_ changes: [FeedChange]) -> FeedPosition {
        state.withLock { state in
            for change in changes {
                if let entry = state.log.append(change) { tell(entry) }
            }
            return state.log.position
        }
    }

    /// Queued under the lock, so that subscribers see changes in the order of their numbers.
    private func tell(_ entry: FeedLog.Entry) {
        fanOut.async { self.deliver(entry) }
    }

    private func deliver(_ entry: FeedLog.Entry) {
        let change = entry.change
        let listeners = state.withLock { state -> [FeedSubscription] in
            var found: [FeedSubscription] = []
            for key in Self.keys(of: change) {
                if let subscribers = state.subscribers[key] { found.append(contentsOf: subscribers.values) }
            }
            return found
        }
        for listener in listeners where listener.filter.matches(change.attributes) {
            listener.offer(entry.event, subject: change.subject, era: entry.era)
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
        let (subscription, start, missed) = attach(topic, filter, since, principal, sink)
        let base = start.position
        if let missed {
            subscription.open(with: missed, era: start.era)
            return FeedOpening(subscription: subscription, mode: .resumed, position: base)
        }
        do {
            let snapshot = FeedEvent(kind: .snapshot, position: base, data: try await topic.makeSnapshot(filter, principal))
            let gap = since.map { FeedEvent.gap($0.epoch == base.epoch ? .tooOld : .otherEpoch, at: base) }
            subscription.open(with: (gap.map { [$0] } ?? []) + [snapshot], era: start.era)
            return FeedOpening(subscription: subscription, mode: .snapshot, position: base)
        } catch {
            unsubscribe(subscription)
            throw error
        }
    }

    package func unsubscribe(_ subscription: FeedSubscription) {
        subscription.leave()
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
        _ topic: FeedTopic, _ filter: FeedFilter, _ since: FeedPosition?, _ principal: Principal?, _ sink: any FeedSink
    ) -> (FeedSubscription, start: FeedSubscription.Start, missed: [FeedEvent]?) {
        state.withLock { state in
            state.nextID += 1
            let key = Self.key(topic: topic, filter: filter)
            let start = FeedSubscription.Start(position: state.log.position, era: state.log.era)
            let subscription = FeedSubscription(
                id: state.nextID, topic: topic.name, filter: filter, principal: principal, key: key, start: start, sink: sink
            )
            state.subscribers[key, default: [:]][subscription.id] = subscription
            return (subscription, start, since.flatMap { state.log.changes(since: $0, of: topic.name, filter) })
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

// MARK: - Numbers from elsewhere

extension FeedHub {
    /// How changes that were numbered elsewhere fit what is here.
    package enum Continuity: Sendable {
        /// They follow on what is here.
        case continues
        /// They are here already, or are part of what a resync has begun with.
        case repeats
        /// Something between is missing, or they are of another epoch: a resync is due.
        case breaks
    }

    /// Takes over changes that all instances number together.
    ///
    /// A change that comes after a newer version of its subject keeps its number, and is not told.
    ///
    /// - Parameters:
    ///   - changes: in their order.
    ///   - position: the position of the last one; the others have the numbers right before.
    /// - Returns: whether they were taken over. Only what continues is; what breaks is not, until a resync.
    @discardableResult
    package func apply(_ changes: [FeedChange], endingAt position: FeedPosition) -> Continuity {
        state.withLock { state in
            let continuity = state.log.continuity(of: changes.count, endingAt: position)
            for entry in state.log.append(changes, endingAt: position) ?? [] { tell(entry) }
            return continuity
        }
    }

    /// Goes on at another position, because changes may have passed this instance by. Every reader is told with a `gap`,
    /// and then sent a snapshot that is read from the store after this call.
    ///
    /// When it returns, changes may be applied after `position`; they come after the snapshots. The snapshots are made
    /// meanwhile, and again if the store fails, until they are there or a newer resync takes their place: see
    /// ``refreshed()``.
    ///
    /// - Parameters:
    ///   - position: the position of the newest change that may be missing; its epoch may be a new one.
    ///   - reason: what readers are told.
    package func resync(at position: FeedPosition, reason: FeedGap) async {
        restart(at: position, reason)
    }

    /// As ``resync(at:reason:)``, but goes on where it is: for what is shown and has changed without a number.
    package func resyncHere(reason: FeedGap) async {
        restart(at: nil, reason)
    }

    /// - Parameter position: nil for the present one.
    private func restart(at position: FeedPosition?, _ reason: FeedGap) {
        let (refresh, era) = state.withLock { state in
            let position = position ?? state.log.position
            state.log.restart(at: position)
            let start = FeedSubscription.Start(position: position, era: state.log.era)
            let all = state.subscribers.values.flatMap(\.values)
            // Under the lock: what is applied from now on finds every subscriber ready for it.
            for subscription in all { subscription.restart(at: start) }
            let refresh = FeedRefresh(
                subscriptions: all, topics: state.topics, start: start, reason: reason, clock: clock, random: random
            )
            return (refresh, start.era)
        }
        let task = Task { await refresh.run() }
        let superseded = state.withLock { state -> Task<Void, Never>? in
            guard state.log.era == era else { return task }
            defer { state.refresh = task }
            return state.refresh
        }
        superseded?.cancel()
    }

    /// Waits until the snapshots of the last resync are made.
    package func refreshed() async {
        await state.withLock { $0.refresh }?.value
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

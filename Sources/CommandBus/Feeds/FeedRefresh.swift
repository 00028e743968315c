import Foundation

/// Makes the snapshots that readers need after something may have been missed: one for all who would see the same.
struct FeedRefresh: Sendable {
    /// Those who would see the same.
    private struct Audience: Sendable {
        let topic: FeedTopic
        let filter: FeedFilter
        let principal: Principal?
        var readers: [FeedSubscription]
        /// Since which era one of them has been waiting.
        var since: UInt64
    }

    private struct View: Hashable {
        let topic: String
        let filter: FeedFilter
        let principal: Principal?
    }

    /// How many snapshots are made at once.
    private static let width = 8
    private static let shortestPause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(5)

    private let audiences: [Audience]
    private let start: FeedSubscription.Start
    private let gap: FeedEvent
    private let clock: any SteadyClock
    private let random: any RandomSource

    init(
        subscriptions: [FeedSubscription], topics: [String: FeedTopic], start: FeedSubscription.Start, reason: FeedGap,
        clock: any SteadyClock, random: any RandomSource
    ) {
        self.start = start
        self.clock = clock
        self.random = random
        gap = .gap(reason, at: start.position)
        var byView: [View: Audience] = [:]
        for reader in subscriptions {
            guard let topic = topics[reader.topic] else { continue }
            let view = View(
                topic: topic.name, filter: reader.filter, principal: topic.isPersonal ? reader.principal : nil
            )
            let fresh = Audience(
                topic: topic, filter: reader.filter, principal: reader.principal, readers: [], since: start.era
            )
            byView[view, default: fresh].readers.append(reader)
            byView[view, default: fresh].since = min(byView[view]?.since ?? start.era, reader.waitingSince ?? start.era)
        }
        // Who waits longest is first: if one resync follows another faster than all snapshots can be made, each gets its
        // turn nevertheless.
        audiences = byView.values.sorted { $0.since < $1.since }
    }

    /// Returns when every reader has its snapshot, or the task was cancelled.
    func run() async {
        var (due, pause) = (audiences, Self.shortestPause)
        while !Task.isCancelled {
            due = await attempt(due)
            guard !due.isEmpty else { return }
            // Half of the pause is chance, so that instances don't come back to the store together.
            let share = Double(random.number(below: 1000)) / 1000
            guard (try? await clock.sleep(for: pause * (0.5 + share / 2))) != nil else { return }
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// Tries each once.
    ///
    /// - Returns: those for whom there was no snapshot.
    private func attempt(_ audiences: [Audience]) async -> [Audience] {
        await withTaskGroup(of: Audience?.self) { group in
            var (waiting, failed) = (audiences.makeIterator(), [Audience]())
            for _ in 0..<Self.width {
                guard let next = waiting.next() else { break }
                group.addTask { await serve(next) ? nil : next }
            }
            while let outcome = await group.next() {
                if let outcome { failed.append(outcome) }
                guard !Task.isCancelled, let next = waiting.next() else { continue }
                group.addTask { await serve(next) ? nil : next }
            }
            return failed
        }
    }

    private func serve(_ audience: Audience) async -> Bool {
        guard audience.readers.contains(where: \.isThere) else { return true }
        guard let data = try? await audience.topic.makeSnapshot(audience.filter, audience.principal) else { return false }
        let events = [gap, FeedEvent(kind: .snapshot, position: start.position, data: data)]
        for reader in audience.readers { reader.open(with: events, era: start.era) }
        return true
    }
}

extension FeedEvent {
    static func gap(_ reason: FeedGap, at position: FeedPosition) -> FeedEvent {
        FeedEvent(kind: .gap, position: position, data: Data(#"{"reason":"\#(reason.rawValue)"}"#.utf8))
    }
}

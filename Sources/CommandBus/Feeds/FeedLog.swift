import DequeModule
import Foundation

/// The numbered changes of all topics, the newest of which are kept for those who come back.
struct FeedLog {
    struct Entry: Sendable {
        let change: FeedChange
        let event: FeedEvent
        /// The ``FeedLog/era`` in which it was numbered.
        let era: UInt64
    }

    /// The number of the newest change, and the life of the numbering that it belongs to.
    private(set) var position: FeedPosition
    /// How often the numbering was set anew. Numbers of two eras can't be compared, even those of one epoch: between them
    /// something may be missing.
    private(set) var era: UInt64 = 0
    private let capacity: Int
    /// The last changes, oldest first.
    private var window: Deque<Entry> = []
    /// Everything after this number is in the window, but for what was overtaken.
    private var start: UInt64
    private var versions: FeedVersions

    /// - Parameter capacity: how many changes are kept.
    init(epoch: String, capacity: Int) {
        position = FeedPosition(epoch: epoch, sequence: 0)
        start = 0
        self.capacity = capacity
        versions = FeedVersions(capacity: capacity)
    }

    /// Gives a change the next number.
    ///
    /// - Returns: nil if a newer change of its subject was there before. Such a one has no number.
    mutating func append(_ change: FeedChange) -> Entry? {
        guard versions.admit(change) else { return nil }
        position = FeedPosition(epoch: position.epoch, sequence: position.sequence + 1)
        return keep(change)
    }

    /// Takes over changes that were numbered elsewhere.
    ///
    /// - Returns: what is to be told of them: not those whose subject has a newer change already. Nil if they don't
    ///   continue what is there; nothing is taken over then.
    mutating func append(_ changes: [FeedChange], endingAt end: FeedPosition) -> [Entry]? {
        guard continuity(of: changes.count, endingAt: end) == .continues else { return nil }
        return changes.compactMap { change in
            position = FeedPosition(epoch: position.epoch, sequence: position.sequence + 1)
            return versions.admit(change) ? keep(change) : nil
        }
    }

    func continuity(of count: Int, endingAt end: FeedPosition) -> FeedHub.Continuity {
        guard end.epoch == position.epoch else { return .breaks }
        guard end.sequence >= position.sequence else { return .repeats }
        if end.sequence - position.sequence == UInt64(count) { return .continues }
        return end.sequence == position.sequence ? .repeats : .breaks
    }

    /// Goes on at another position; what was kept is of no use to anybody from then on. Versions are the store's and
    /// stay as they are.
    mutating func restart(at position: FeedPosition) {
        self.position = position
        era += 1
        window.removeAll()
        start = position.sequence
    }

    /// The latest change of each subject after a position, in order; nil if not everything is here any more.
    func changes(since: FeedPosition, of topic: String, _ filter: FeedFilter) -> [FeedEvent]? {
        guard since.epoch == position.epoch, since.sequence >= start, since.sequence <= position.sequence else {
            return nil
        }
        // The latest state of each subject is enough, as it is for a reader that never left.
        var latest: [String: FeedEvent] = [:]
        for entry in window.reversed() {
            guard entry.event.position.sequence > since.sequence else { break }
            let change = entry.change
            guard change.topic == topic, filter.matches(change.attributes), latest[change.subject] == nil else { continue }
            latest[change.subject] = entry.event
        }
        return latest.values.sorted { $0.position.sequence < $1.position.sequence }
    }

    private mutating func keep(_ change: FeedChange) -> Entry {
        let event = FeedEvent(kind: .change, position: position, data: change.data)
        let entry = Entry(change: change, event: event, era: era)
        window.append(entry)
        if window.count > capacity, let gone = window.popFirst() { start = gone.event.position.sequence }
        return entry
    }
}

/// The newest version of each subject that has changed lately.
///
/// Instances commit in one order and are heard in another, so a change may come after a newer one of its subject; shown, it
/// would stay until the next. What is remembered is bounded, and begins with the process. So this remains possible: a
/// change is told so late that the newer one is forgotten again, or was never seen here (it came before the start, or
/// was missed and is known from a snapshot only). Then the older state is shown until the subject changes again. A relay
/// tells within a second or so of the commit, or has all snapshots read anew, so it takes an instance that stands
/// still between the two.
private struct FeedVersions {
    private struct Subject: Hashable {
        let topic: String
        let name: String
    }

    private let capacity: Int
    private var newest: [Subject: (version: Int64, turn: UInt64)] = [:]
    private var turns: Deque<Subject> = []
    /// The turn of the first of `turns`.
    private var firstTurn: UInt64 = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// - Returns: false if a change that is as new or newer was there before.
    mutating func admit(_ change: FeedChange) -> Bool {
        guard let version = change.version else { return true }
        let subject = Subject(topic: change.topic, name: change.subject)
        if let known = newest[subject], known.version >= version { return false }
        newest[subject] = (version, firstTurn + UInt64(turns.count))
        turns.append(subject)
        if turns.count > capacity, let oldest = turns.popFirst() {
            if newest[oldest]?.turn == firstTurn { newest[oldest] = nil }
            firstTurn += 1
        }
        return true
    }
}

package import CommandBus

/// Where the numbering that all instances share stands.
package struct RelayPlace: Sendable, Equatable {
    /// Of the last change.
    package let position: FeedPosition
    /// Of the last message in this epoch. News without changes have a number too, so that a missed one is noticed.
    package let number: UInt64

    package init(position: FeedPosition, number: UInt64) {
        self.position = position
        self.number = number
    }
}

/// Decides what an instance does about what it hears of the others, and about what it may have missed. Without I/O.
///
/// Redis numbers the messages and says where the numbering stands. An instance *follows* it as long as each message
/// continues the last; whenever one may be missing it reads the store anew, which has everything: a message is published
/// after the commit that it tells of. What could not be told is made up for by a new epoch, at which every instance reads
/// the store anew.
struct RelayState {
    enum Action: Equatable {
        /// The changes of the message continue what the feeds have.
        case apply
        /// A message may be missing: the store is to be read anew, and the feeds stand at this position.
        case resync(at: FeedPosition, reason: FeedGap)
        /// Redis is to be asked where the numbering stands.
        case check
        /// The numbering is to begin a new epoch, unless somebody else has begun one after this one.
        case renew(Renewal)
        /// Redis does not pass on what this instance has to tell: the others are to be told by way of the store.
        case leaveWord
    }

    /// What was known when Redis was asked; answers come late.
    struct Check: Equatable, Sendable {
        fileprivate let listens: UInt64
        fileprivate let failures: UInt64
        /// Where this instance was: a numbering that is behind it has been set back.
        let known: RelayPlace?
    }

    /// An order to begin a new epoch.
    struct Renewal: Equatable, Sendable {
        /// The epoch that Redis had after the last failure. If it has another by now, that one was begun after the failure,
        /// and whoever reads the store for its sake finds what was not told.
        let epoch: String
        fileprivate let failures: UInt64
    }

    struct Limits: Sendable {
        /// How old feeds may become while nobody tells of changes.
        var staleness: Duration = .seconds(5)
        /// How long a message may take from its number to its arrival.
        var delay: Duration = .seconds(1)
        /// The shortest time from one order of a new epoch to that of the next: each costs all instances a reading.
        var renewalPause: Duration = .milliseconds(500)
    }

    private let limits: Limits
    private let localEpoch: String
    private var localCount: UInt64 = 0
    /// Where the feeds of this instance stand in the shared numbering; nil where they don't.
    private(set) var following: RelayPlace?
    private var isListening = false
    /// Whether Redis has said since the last beginning that nothing was missed before it.
    private var isConfirmed = false
    private var listens: UInt64 = 0
    /// News that may not have been told, and how many of them a new epoch has made up for.
    private var failures: UInt64 = 0
    private var healed: UInt64 = 0
    /// How many of them the others were told of by way of the store.
    private var worded: UInt64 = 0
    /// Units of work of which this instance does not know whether they were done.
    private var doubts = DoubtSchedule()
    /// The epoch that was last ordered to end, and when.
    private var ordered: (epoch: String, at: Duration)?
    /// The shared epoch that was followed last, and the last of those that were left for another.
    private var epoch: String?
    private var retired: [String] = []
    /// A number that Redis has given out and that has not arrived.
    private var awaited: (number: UInt64, since: Duration)?
    /// When nothing was known to be missing last.
    private var freshAt: Duration

    /// - Parameters:
    ///   - localEpoch: names positions while there is no shared numbering; not used before.
    ///   - limits: every number.
    ///   - now: the steady time.
    init(localEpoch: String, limits: Limits = Limits(), now: Duration) {
        self.localEpoch = localEpoch
        self.limits = limits
        freshAt = now
    }

    /// Whether this instance hears all that the others tell, as far as it knows.
    var isFollowing: Bool { isListening && isConfirmed && following != nil && !hasUntold }

    /// Whether there may be news that nobody was told of, and that no new epoch has made up for.
    var hasUntold: Bool { failures > healed }

    /// Whether there is something that others do not know, or may not.
    var owesNews: Bool { hasUntold || doubts.due != nil }

    /// What a question to Redis is asked with.
    func beginCheck() -> Check { Check(listens: listens, failures: failures, known: following) }

    /// Messages arrive from now on; what came between is lost.
    mutating func listening() -> [Action] {
        (isListening, isConfirmed, awaited) = (true, false, nil)
        listens += 1
        return [.check]
    }

    /// No messages arrive any more.
    mutating func lost() {
        (isListening, isConfirmed, awaited) = (false, false, nil)
    }

    /// A message has come.
    ///
    /// - Parameters:
    ///   - place: where the numbering stood after it.
    ///   - changes: how many changes it has; nil if it could not be read.
    mutating func message(_ place: RelayPlace, changes: Int?, now: Duration) -> [Action] {
        // It is late: the store was read after that epoch had ended. Or the numbering was set back to that epoch.
        if retired.contains(place.position.epoch) { return [.check] }
        guard let at = following, at.position.epoch == place.position.epoch else { return adopt(place, now) }
        // Part of what was read.
        guard place.number > at.number else { return [] }
        guard let changes, place.number == at.number + 1,
            place.position.sequence == at.position.sequence + UInt64(changes)
        else { return adopt(place, now) }
        following = place
        return changes > 0 ? [.apply] : []
    }

    /// News of this instance may not have reached anybody.
    mutating func relayFailed() -> [Action] {
        failures += 1
        return [.check]
    }

    /// A unit of work may have been done, and if it was nobody is told. When that has come out, a new epoch makes up for it.
    mutating func doubted(now: Duration) {
        doubts.raise(now: now)
    }

    /// Redis has said where the numbering stands.
    mutating func checked(_ place: RelayPlace, _ check: Check, now: Duration) -> [Action] {
        if hasUntold {
            // An epoch from before the failure may have been begun before it, and read anew before the news were there.
            guard check.failures == failures else { return [.check] }
            // The next beat asks again. To order the same once more costs nothing.
            if let ordered, ordered.epoch != place.position.epoch, now - ordered.at < limits.renewalPause { return [] }
            ordered = (place.position.epoch, now)
            return [.renew(Renewal(epoch: place.position.epoch, failures: failures))]
        }
        // The numbering was set back to an epoch whose positions were given out already; or the answer is late, and then
        // nothing comes of it.
        if retired.contains(place.position.epoch) {
            return [.renew(Renewal(epoch: place.position.epoch, failures: failures))]
        }
        guard isListening else { return [] }
        guard check.listens == listens else { return [.check] }
        let wasConfirmed = isConfirmed
        isConfirmed = true
        guard let at = following, at.position.epoch == place.position.epoch else { return adopt(place, now) }
        guard place.number > at.number else {
            awaited = nil
            freshAt = now
            return []
        }
        guard wasConfirmed else { return adopt(place, now) }
        guard let awaited, at.number < awaited.number else {
            if let awaited { freshAt = max(freshAt, awaited.since) }
            awaited = (place.number, now)
            return []
        }
        return now - awaited.since < limits.delay ? [] : adopt(place, now)
    }

    /// There is a new epoch: the one that was ordered, or another's.
    mutating func renewed(_ renewal: Renewal) -> [Action] {
        healed = max(healed, renewal.failures)
        return [.check]
    }

    /// Time goes by; to be called every second or so.
    mutating func tick(now: Duration) -> [Action] {
        if doubts.take(now: now) { failures += 1 }
        guard now - freshAt >= limits.staleness else { return [.check] }
        // Nobody can tell what is missing: the feeds become a reading of the store, again and again.
        localCount += 1
        (following, awaited, freshAt) = (nil, nil, now)
        let resync = Action.resync(at: FeedPosition(epoch: localEpoch, sequence: localCount), reason: .missed)
        // The others may have Redis, and miss nothing as far as they know.
        guard failures > max(healed, worded) else { return [resync, .check] }
        worded = failures
        return [resync, .leaveWord, .check]
    }

    private mutating func adopt(_ place: RelayPlace, _ now: Duration) -> [Action] {
        let reason: FeedGap = following?.position.epoch == place.position.epoch ? .missed : .otherEpoch
        if let epoch, epoch != place.position.epoch {
            retired.append(epoch)
            // Whatever is later than this many epochs is later than any connection lives.
            if retired.count > 16 { retired.removeFirst() }
        }
        (epoch, following, awaited, freshAt) = (place.position.epoch, place, nil, now)
        return [.resync(at: place.position, reason: reason)]
    }
}

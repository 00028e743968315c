package import CommandBus
import Foundation
package import Logging

/// What an instance does when the others have told something, beside its feeds.
package struct RelayDuties: Sendable {
    /// There is mail in the outbox. It returns at once.
    let mailed: @Sendable () -> Void
    /// Asks the store which of the watched sessions still live; repeated until it does not throw.
    let recheckSessions: @Sendable () async throws -> Void
    /// Reads the switches from the store; repeated until it does not throw.
    let rereadSettings: @Sendable () async throws -> Void
    /// Leaves a word in the store, at which every instance reads it anew; repeated until it does not throw.
    let leaveWord: @Sendable () async throws -> Void

    package init(
        mailed: @escaping @Sendable () -> Void = {},
        recheckSessions: @escaping @Sendable () async throws -> Void = {},
        rereadSettings: @escaping @Sendable () async throws -> Void = {},
        leaveWord: @escaping @Sendable () async throws -> Void = {}
    ) {
        self.mailed = mailed
        self.recheckSessions = recheckSessions
        self.rereadSettings = rereadSettings
        self.leaveWord = leaveWord
    }
}

/// Tells all instances what units of work have done, over a channel of Redis, and passes on what the others tell.
///
/// Redis delivers a message at most once and remembers none, so nothing here relies on messages alone: they are numbered,
/// each instance asks every second where the numbering stands, and whoever may have missed something reads the store
/// anew. See ``RelayState``. While Redis is away, or is full and refuses to count, feeds are as old as
/// ``RelayOptions/staleness`` at most, and follow again when it is back. Where it is away for one instance alone, the others
/// hear by a word in the store what that one can't tell them: see ``RelayDuties``.
///
/// A failover to a replica that lags sets the numbering back. That is noticed by whoever had followed further, and begins
/// a new epoch; if, within the second until then, exactly as many messages were published anew as had been lost, an
/// instance that stayed connected all along might take the next for the one it waits for. Redis ends all connections at a
/// failover, and after each beginning the feeds are compared or read anew, so that this takes a proxy in between.
package actor RedisRelay: WorkRelay {
    private let client: RedisClient
    private let subscriber: RedisSubscriber
    private let keys: RedisKeys
    private let hub: FeedHub
    private let sessions: SessionEnds
    private let mailed: @Sendable () -> Void
    private let options: RelayOptions
    private let clock: any SteadyClock
    private let random: any RandomSource
    private let logger: Logger
    /// Names this life of this instance among the others.
    private let instance: String
    private var state: RelayState
    private let sessionChore: Chore
    private let settingChore: Chore
    private let wordChore: Chore
    private let leaveWord: @Sendable () async throws -> Void
    private let checks: Line<Void>
    private let renewals: Line<RelayState.Renewal>
    private let outage: OutageNote

    /// - Parameters:
    ///   - client: the commands; run by the caller.
    ///   - subscriber: listens on ``channel(of:)``, and on nothing else; run by the caller.
    ///   - keys: the names in Redis.
    ///   - hub: the feeds of this instance. Nobody else publishes there.
    ///   - sessions: is told of the sessions that other instances have ended.
    ///   - duties: what else there is to do.
    ///   - options: every number.
    ///   - clock: measures time.
    ///   - random: names epochs and this instance.
    ///   - logger: is told when the others can't be heard, and when they can again.
    package init(
        client: RedisClient, subscriber: RedisSubscriber, keys: RedisKeys = RedisKeys(), hub: FeedHub,
        sessions: SessionEnds, duties: RelayDuties = RelayDuties(), options: RelayOptions = RelayOptions(),
        clock: any SteadyClock = SystemSteadyClock(), random: any RandomSource, logger: Logger
    ) {
        self.client = client
        self.subscriber = subscriber
        self.keys = keys
        self.hub = hub
        self.sessions = sessions
        self.options = options
        self.clock = clock
        self.random = random
        self.logger = logger
        outage = OutageNote(
            logger, away: "the other instances can't be told and heard", back: "the other instances are heard again"
        )
        mailed = duties.mailed
        instance = Self.makeName(random)
        state = RelayState(
            localEpoch: Self.makeName(random), limits: .init(staleness: options.staleness, delay: options.delay),
            now: clock.now()
        )
        sessionChore = Chore("the recheck of the sessions", duties.recheckSessions)
        settingChore = Chore("the reading of the settings", duties.rereadSettings)
        leaveWord = duties.leaveWord
        wordChore = Chore("the word to the other instances", duties.leaveWord)
        checks = Line()
        renewals = Line()
    }

    /// The channel that a relay's subscriber listens on.
    package static func channel(of keys: RedisKeys) -> String { keys["news"] }

    /// Whether all that the others tell is heard, as far as this instance knows.
    package var isFollowing: Bool { state.isFollowing }

    /// Tells every instance, this one included: its own feeds hear of it as those of the others do.
    ///
    /// - Returns: the position of the last change; nil if there is none, or if it may not have been told. Then all read the
    ///   store anew as soon as Redis answers.
    package func relay(_ news: WorkNews) async -> FeedPosition? {
        guard !news.isEmpty else { return nil }
        do {
            let known = state.following
            let place = try RelayPlace(
                await client.run(
                    RelayScripts.publish, keys: [keys["numbering"]],
                    arguments: [
                        .text(Self.channel(of: keys)), .text(Self.makeName(random)), .text(known?.position.epoch ?? ""),
                        .integer(known?.number ?? 0), .integer(news.changes.count),
                        .bytes([UInt8](try WireJSON.encode(news))),
                    ]
                )
            )
            return news.changes.isEmpty ? nil : place.position
        } catch {
            outage.note(error)
            await perform(state.relayFailed())
            return nil
        }
    }

    package func doubt() {
        state.doubted(now: clock.now())
    }

    /// Listens, and watches over the numbering, until the task is cancelled; then says goodbye. It may be called once, and
    /// is to end after whatever tells something, and before the client does.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.listen() }
            group.addTask { await self.beat() }
            group.addTask { for await _ in self.checks.stream { await self.check() } }
            group.addTask { for await renewal in self.renewals.stream { await self.renew(renewal) } }
            group.addTask { await self.sessionChore.run(clock: self.clock, logger: self.logger) }
            group.addTask { await self.settingChore.run(clock: self.clock, logger: self.logger) }
            group.addTask { await self.wordChore.run(clock: self.clock, logger: self.logger) }
        }
        // Who leaves with something untold has to be missed: then the others read the store anew.
        guard !state.owesNews else {
            let leaveWord = leaveWord
            _ = await Task { try? await leaveWord() }.value
            return
        }
        let (client, key, instance) = (client, keys["instances"], instance)
        _ = await Task { try? await client.send(["ZREM", .text(key), .text(instance)]) }.value
    }

    private func listen() async {
        for await event in subscriber.events {
            switch event {
            case .listening: await perform(state.listening())
            case .lost: state.lost()
            case .message(_, let payload):
                if let message = RelayMessage(payload) {
                    await hear(message)
                } else {
                    logger.error("somebody else publishes on the channel of this installation")
                }
            }
        }
    }

    private func hear(_ message: RelayMessage) async {
        await perform(state.message(message.place, changes: message.changes, now: clock.now()), message)
        guard case .news(let news) = message.content else { return }
        // Also of a message that is late or repeated: an ended session stays ended.
        for end in news.endedSessions { sessions.signal(end) }
        if news.hasMail { mailed() }
        if news.changedSettings { settingChore.request() }
    }

    private func beat() async {
        while !Task.isCancelled {
            await perform(state.tick(now: clock.now()))
            try? await clock.sleep(for: options.heartbeat)
        }
    }

    private func check() async {
        let check = state.beginCheck()
        do {
            let place = try RelayPlace(
                await client.run(
                    RelayScripts.check, keys: [keys["numbering"], keys["instances"]],
                    arguments: [
                        .text(Self.channel(of: keys)), .text(Self.makeName(random)),
                        .text(check.known?.position.epoch ?? ""), .integer(check.known?.number ?? 0), .text(instance),
                        .integer(options.silence.milliseconds),
                    ]
                )
            )
            outage.note(nil)
            await perform(state.checked(place, check, now: clock.now()))
        } catch {
            outage.note(error)
        }
    }

    private func renew(_ renewal: RelayState.Renewal) async {
        do {
            _ = try await client.run(
                RelayScripts.renew, keys: [keys["numbering"]],
                arguments: [.text(Self.channel(of: keys)), .text(Self.makeName(random)), .text(renewal.epoch)]
            )
            await perform(state.renewed(renewal))
        } catch {
            // Asked again with the next beat.
            outage.note(error)
        }
    }

    private func perform(_ actions: [RelayState.Action], _ message: RelayMessage? = nil) async {
        for action in actions {
            switch action {
            case .apply:
                guard let message, case .news(let news) = message.content else { continue }
                let position = message.place.position
                // The feeds stand where the state says, or somebody else has published there.
                if case .breaks = hub.apply(news.changes, endingAt: position) {
                    await hub.resync(at: position, reason: .missed)
                }
            case .resync(let position, let reason):
                await hub.resync(at: position, reason: reason)
                sessionChore.request()
                settingChore.request()
                mailed()
            case .check: checks.enter(())
            case .renew(let renewal): renewals.enter(renewal)
            case .leaveWord: wordChore.request()
            }
        }
    }

    /// Lower-case letters and digits, as an epoch has to be; 64 bits of chance.
    private static func makeName(_ random: any RandomSource) -> String {
        String(random.next(), radix: 36)
    }
}

/// Every number of a relay.
package struct RelayOptions: Sendable {
    /// How old feeds become at most while the others can't be heard.
    package var staleness: Duration
    /// How long a message may take from its number to its arrival, before it counts as missed.
    package var delay: Duration
    /// How often an instance gives a sign of life, and asks where the numbering stands.
    package var heartbeat: Duration
    /// After how long a silence an instance counts as dead.
    package var silence: Duration

    package init(
        staleness: Duration = .seconds(5), delay: Duration = .seconds(1), heartbeat: Duration = .seconds(1),
        silence: Duration = .seconds(5)
    ) {
        self.staleness = staleness
        self.delay = delay
        self.heartbeat = heartbeat
        self.silence = silence
    }
}

/// What waits for one who works it off, of which only the newest counts.
private struct Line<Element: Sendable>: Sendable {
    let stream: AsyncStream<Element>
    private let continuation: AsyncStream<Element>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func enter(_ element: Element) {
        continuation.yield(element)
    }
}

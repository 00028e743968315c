import Auth
import Booking
import CommandBus
import Cryptography
import Foundation
import Logging
import ServiceLifecycle
import Storage
import Wallet

/// Everything that answers commands, wired: the store below it, no transport above it.
struct Core<Store: FarebusStore>: Sendable {
    let configuration: ServerConfiguration
    let store: Store
    let bus: CommandBus
    let feeds: FeedHub
    let tickets: FeedTickets
    let ledger: Ledger
    let auth: AuthService<Store>
    let hasher: PasswordHasher
    let runner: WorkRunner<Store>
    let roller: TimetableRoller
    let maintenance: MaintenanceSwitch
    let leases: any LeaseDesk
    /// Tells the other instances, as a service; nil where there are none.
    let relay: (any WorkRelay & Service)?
    /// Reads all that is shown anew, and who is signed in, as something may have changed without a word.
    let readAnew: @Sendable () async throws -> Void
    /// Asks the store which sessions live still.
    let recheck: SessionRecheck<Store>
    let clock: any WallClock
    let random: any RandomSource

    /// What tests may put in the place of the real things.
    struct Parts: Sendable {
        var clock: any WallClock = SystemWallClock()
        var random: any RandomSource = SystemRandomSource()
        /// Is told that there is mail in the outbox.
        var mailed: @Sendable () -> Void = {}
        /// Nil for the store's own guard.
        var takeSeat: CommandRegistry<Store>.TakeSeat?
        /// Nil for what the configuration says.
        var hashing: Argon2id.Cost?
        /// Nil for a server that is alone.
        var surroundings: Surroundings?

        init() {}
    }

    /// - Parameters:
    ///   - store: where everything is kept.
    ///   - key: the server's own secret, 32 bytes.
    ///   - parts: what is injected.
    init(
        store: Store, configuration: ServerConfiguration, key: [UInt8], logger: Logger, parts: Parts = Parts()
    ) async throws {
        let (clock, random) = (parts.clock, parts.random)
        let surroundings = parts.surroundings ?? .alone(configuration.limits)
        let maintenance = MaintenanceSwitch(recovers: configuration.maintenance.recovers)
        try await store.read { snapshot in try maintenance.reload(from: snapshot) }
        let feeds = FeedHub(
            epoch: Self.epoch(random), windowSize: configuration.feeds.window, transport: configuration.feeds.transport,
            maintenance: maintenance
        )
        let ends = SessionEnds()
        let recheck = SessionRecheck(store: store, ends: ends)
        let duties = RelayDuties(
            mailed: parts.mailed, recheckSessions: { try await recheck.run() },
            rereadSettings: { try await store.read { try maintenance.reload(from: $0, isTelling: false) } },
            leaveWord: { try await RelayWord.leave(in: store, random: random) }
        )
        let relay = surroundings.makeRelay?(feeds, ends, duties)
        let cache = surroundings.cache
        let readAnew: @Sendable () async throws -> Void = {
            await cache.forgetAll()
            await feeds.resyncHere(reason: .missed)
            try await recheck.run()
        }
        let publisher = WorkPublisher(
            feeds: feeds, sessions: ends, mailed: parts.mailed, relay: relay, doubts: DoubtDesk(readAnew: readAnew)
        )
        let runner = WorkRunner(store: store, publisher: publisher)
        let ledger = Ledger(
            currency: configuration.operator.currency, welcomeCredit: configuration.wallet.welcomeCredit.amount
        )
        let hasher = PasswordHasher(
            threads: configuration.password.hashThreads, waiting: configuration.password.waiting,
            cost: parts.hashing ?? configuration.password.cost
        )
        let auth = AuthService(
            store: store, publisher: publisher, configuration: configuration.auth, keys: AuthKeys(pepper: key),
            hasher: hasher, cache: cache, guesses: surroundings.guesses, maintenance: maintenance,
            affairs: .riders(ledger)
        )
        let tickets = surroundings.makeTickets(ends) { try await recheck.isAlive($0) }

        var registry = CommandRegistry(store: store, publisher: publisher)
        registry.registerHealth()
        // Of many instances each finds out for itself, and tells its own readers: by having them begin anew, as the
        // numbering belongs to all.
        var announce: (@Sendable (FeedChange) -> Void)?
        if relay != nil {
            announce = { _ in
                Task { await feeds.resyncHere(reason: .missed) }
            }
        }
        registry.registerMaintenance(maintenance, announce: announce)
        registry.registerWindows(configuration.dailyPlan)
        registry.registerAuth(auth)
        registry.registerAccountExport(auth, ledger)
        registry.registerShowRider(ledger)
        registry.registerAudit()
        registry.registerDepartures()
        let policy = RefundPolicy(
            cutoffMinutes: configuration.bookings.cancelCutoff, percent: configuration.bookings.refundPercent
        )
        if let takeSeat = parts.takeSeat {
            registry.registerBookings(ledger: ledger, policy: policy, takeSeat: takeSeat)
        } else {
            registry.registerBookings(ledger: ledger, policy: policy)
        }
        registry.registerWallet(ledger)
        registry.registerFeedCommands(hub: feeds, tickets: tickets)

        self.configuration = configuration
        self.store = store
        self.feeds = feeds
        self.tickets = tickets
        self.ledger = ledger
        self.auth = auth
        self.hasher = hasher
        self.runner = runner
        self.maintenance = maintenance
        self.relay = relay
        self.readAnew = readAnew
        self.recheck = recheck
        leases = surroundings.leases
        self.clock = clock
        self.random = random
        roller = TimetableRoller(
            horizonDays: configuration.timetable.horizonDays, zone: configuration.operator.timeZone,
            announce: SeatsFeed.change(for:)
        )
        bus = CommandBus(
            table: registry.table(), feeds: feeds, sessions: ends,
            authenticator: SessionAuthenticator(auth, store: store, cache: cache, ends: ends, clock: clock),
            limiter: surroundings.limiter, windows: configuration.dailyPlan, maintenance: maintenance, clock: clock,
            random: random, logger: logger
        )
        try await runner.run(.system("start", now: clock.now(), random: random)) { work in
            try ledger.openOperatorAccounts(in: work.tx)
        }
    }

    /// A name for this life of the feeds: seven letters and digits, new with each start.
    private static func epoch(_ random: any RandomSource) -> String {
        let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz")
        var bits = random.next()
        return String(
            (0..<7).map { _ in
                defer { bits /= 36 }
                return digits[Int(bits % 36)]
            }
        )
    }
}

extension Core where Store == SQLiteStore {
    /// A core on an empty store, for what only asks for the command table.
    static func forReference(in folder: String) async throws -> Core {
        let configuration = try ServerConfiguration.load(flags: [:], environment: [:])
        let store = try SQLiteStore.open(path: folder + "/farebus.db")
        return try await Core(
            store: store, configuration: configuration, key: [UInt8](repeating: 0, count: 32),
            logger: Logger(label: "farebus")
        )
    }
}

extension ServerConfiguration {
    fileprivate var dailyPlan: DailyPlan {
        DailyPlan(
            times: .init(
                queueingFrom: windows.queueing.from.minutes, queueingUntil: windows.queueing.to.minutes,
                ticketingFrom: windows.ticketingFrom.minutes, ticketingUntil: windows.ticketingUntil.minutes
            ),
            zone: self.operator.timeZone, forced: windows.force.windows
        )
    }
}

extension ServerConfiguration.Limits {
    /// Health is never limited; without limits nothing is.
    var enforcedRates: RateTable { RateTable(isEnabled ? rates : [:], sharing: sharing) }
}

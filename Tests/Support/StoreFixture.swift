import Auth
package import Booking
package import CommandBus
package import Foundation
package import Logging
import Synchronization
package import Wallet

/// A real store of the engine that this run is on, and what is needed to run features on it.
package final class StoreFixture: Sendable {
    package typealias Store = SuiteStore
    package typealias Transaction = SuiteTransaction

    package let folder: TemporaryFolder
    package let store: SuiteStore
    /// What it keeps, behind its back.
    package let kept: KeptData
    private let place: StorePlace
    package let clock = TestClock()
    package let random: SeededRandom
    package let feeds = FeedHub(epoch: "test")
    package let sessions = SessionEnds()
    package let ledger: Ledger
    private let chains: Int
    package let publisher: WorkPublisher
    package let runner: WorkRunner<SuiteStore>
    private let mailSignals: Counter
    private let reopenings = Mutex<[SuiteStore]>([])

    package static let currency = CurrencyCode(trusted: "INR")
    package static let route = BusRoute(id: RouteID(trusted: "r_line"), name: "Campus line", shortName: "C")
    package static let stops = [
        Stop(id: StopID(trusted: "stop_gate"), name: "Main gate", location: nil),
        Stop(id: StopID(trusted: "stop_lake"), name: "Lake", location: nil),
    ]
    package static let service = ServiceID(trusted: "svc_daily")
    package static let zone = TimeZone(identifier: "Asia/Kolkata") ?? .gmt

    /// - Parameters:
    ///   - name: names the folder.
    ///   - welcomeCredit: what each rider starts with, in minor units.
    ///   - chains: how many chains the journal is kept in; one, so that its order is easily told.
    package init(
        _ name: String = "store", seed: UInt64 = 1, welcomeCredit: Int64 = 40_000, chains: Int = 1
    ) async throws {
        folder = try TemporaryFolder(name)
        place = try await StorePlace(file: Self.path(in: folder), name)
        store = try await place.open()
        kept = try place.kept()
        random = SeededRandom(seed: seed)
        self.chains = chains
        ledger = Ledger(currency: Self.currency, welcomeCredit: welcomeCredit, chains: chains)
        let signals = Counter()
        mailSignals = signals
        publisher = WorkPublisher(feeds: feeds, sessions: sessions, mailed: { signals.increment() })
        runner = WorkRunner(store: store, publisher: publisher)
        let (ledger, clock) = (ledger, clock)
        try await runner.run(.system("fixture", now: clock.now(), random: random)) { work in
            try ledger.openOperatorAccounts(in: work.tx)
            try work.tx.put(Self.route)
            for stop in Self.stops { try work.tx.put(stop) }
            let always = ServicePeriod(
                first: CivilDate(daysSinceEpoch: 0), last: CivilDate(daysSinceEpoch: 40_000), days: .everyDay
            )
            try work.tx.put(ServiceCalendar(periods: [always]), as: Self.service)
        }
    }

    deinit {
        place.finish([store] + reopenings.withLock { $0 }, kept, in: folder)
    }

    /// The file of an embedded store.
    package var path: String { Self.path(in: folder) }

    /// The same store, opened once more as a next start of the server would.
    package func reopened() async throws -> SuiteStore {
        let store = try await place.open()
        reopenings.withLock { $0.append(store) }
        return store
    }

    /// How often it was told that there is mail in the outbox.
    package var mailSignalCount: Int { mailSignals.value }

    /// A context of work that no client asked for, or of a client's.
    package func context(_ principal: Principal? = nil) -> CommandContext {
        guard let principal else { return .system("test", now: clock.now(), random: random) }
        return CommandContext(
            principal: principal, idempotencyKey: nil, address: "192.0.2.1", trace: "trace", now: clock.now(), random: random
        )
    }

    /// Runs a unit of work.
    package func work<Value: Sendable>(
        _ body: @escaping @Sendable (Work<SuiteTransaction>) throws -> Value
    ) async throws -> Value {
        try await runner.run(context(), body)
    }

    /// Reads a snapshot.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (SuiteSnapshot) throws -> Value
    ) async throws -> Value {
        try await store.read(body)
    }

    /// A bus on this store, with the commands that `register` registers. Nothing is limited, all windows are open.
    package func bus(
        limiter: any RateLimiter = TokenBuckets(rates: [:]), windows: (any WindowClock)? = nil,
        maintenance: MaintenanceSwitch = MaintenanceSwitch(), logger: Logger = StoreFixture.silent,
        _ register: (inout CommandRegistry<SuiteStore>) -> Void
    ) -> CommandBus {
        var registry = CommandRegistry(store: store, publisher: publisher)
        register(&registry)
        return CommandBus(
            table: registry.table(), feeds: feeds, sessions: sessions, authenticator: NamedTokens(), limiter: limiter,
            windows: windows ?? Self.everythingOpen, maintenance: maintenance, clock: clock, random: random, logger: logger
        )
    }
}

// MARK: - What there is to book

extension StoreFixture {
    /// Makes a rider with a wallet.
    ///
    /// - Parameter credit: what is in the wallet, in minor units; the welcome credit unless told otherwise.
    package func addRider(_ name: String, credit: Int64? = nil) async throws -> AccountID {
        let id = AccountID(trusted: "a_\(name)")
        let ledger = Ledger(currency: Self.currency, welcomeCredit: credit ?? ledger.welcomeCredit, chains: chains)
        try await work { work in
            try work.tx.insert(
                Account(
                    id: id, email: EmailAddress(trusted: "\(name)@example.com"), name: name, rollNumber: nil, role: .rider,
                    passwordHash: "none", sessionEpoch: NamedTokens.epoch, createdAt: work.context.now
                )
            )
            try ledger.openWallet(for: id, in: work)
        }
        return id
    }

    /// Makes a member of staff, whose token is `role/a_name`.
    package func addStaff(_ role: Role, _ name: String) async throws {
        try await work { work in
            try work.tx.insert(
                Account(
                    id: AccountID(trusted: "a_\(name)"), email: EmailAddress(trusted: "\(name)@example.com"), name: name,
                    rollNumber: nil, role: role, passwordHash: "none", sessionEpoch: NamedTokens.epoch,
                    createdAt: work.context.now
                )
            )
        }
    }

    /// Makes a bus and its departure on a service date.
    ///
    /// - Parameters:
    ///   - name: names the bus.
    ///   - leaving: when it leaves; the clock of the fixture starts at noon.
    ///   - date: the day of the fixture's clock unless told otherwise.
    package func addDeparture(
        _ name: String, seats: Int, fare: Int64 = 2000, leaving: ServiceTime = ServiceTime(seconds: 18 * 3600),
        on date: CivilDate? = nil, state: DepartureState = .scheduled
    ) async throws -> DepartureRecord {
        let arrival = ServiceTime(seconds: leaving.seconds + 1200)
        let bus = Bus(
            id: BusID(trusted: "bus_\(name)"), route: Self.route.id, direction: .outbound, headsign: "Lake",
            calls: [
                BusCall(stop: Self.stops[0].id, arrival: leaving, departure: leaving),
                BusCall(stop: Self.stops[1].id, arrival: arrival, departure: arrival),
            ],
            service: Self.service, capacity: seats, fare: Money(amount: fare, currency: Self.currency), zone: Self.zone,
            origin: .staff
        )
        let departure = bus.plan.departure(on: date ?? CivilDate(clock.now(), in: Self.zone)).with(state: state)
        try await work { work in
            try work.tx.put(bus)
            guard try work.tx.insert(departure) else { throw AlreadyThere() }
        }
        return departure
    }

    /// A departure as the store has it now.
    package func departure(_ id: DepartureID) async throws -> DepartureRecord? {
        try await store.read { try $0.departure(id) }
    }

    /// What is in a rider's wallet.
    package func balance(_ rider: AccountID) async throws -> Int64? {
        try await store.read { try $0.balance(of: .wallet(rider)) }
    }

    /// What the checks of the ledger and of the bookings find.
    package func findings() async throws -> [String] {
        try await store.read { snapshot in
            try LedgerCheck.run(snapshot).findings + BookingCheck.run(snapshot).findings
        }
    }

    private struct AlreadyThere: Error {}
}

// MARK: - Defaults

extension StoreFixture {
    /// Every service window is open, as an operator would force it.
    package static let everythingOpen = DailyPlan(
        times: .init(queueingFrom: 600, queueingUntil: 780, ticketingFrom: 780, ticketingUntil: 1320), zone: zone,
        forced: Set(ServiceWindow.allCases)
    )

    /// A logger whose lines nobody sees but ``SecretWatch``, in a run that it watches.
    package static let silent = SecretWatch.logger()

    private static func path(in folder: TemporaryFolder) -> String {
        folder.file("farebus.db").path(percentEncoded: false)
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func increment() { count.withLock { $0 += 1 } }
    }
}

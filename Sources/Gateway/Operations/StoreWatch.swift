import CommandBus
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Looks at the store all the time, shuts what can't go on without it, and opens it again.
final class StoreWatch<Store: CommandStore>: Service
where Store.Snapshot: SettingReads, Store.Transaction: SettingRecords {
    struct Timing: Sendable {
        /// How long the store may be silent before something is shut.
        var grace: Duration
        /// Between two reads, and between two writes while they fail.
        var interval: Duration = .seconds(1)
        /// Between two writes while they succeed: each is a commit of its own on an idle server.
        var writeInterval: Duration = .seconds(5)
        /// How long one answer may take.
        var deadline: Duration = .seconds(2)
    }

    private let timing: Timing
    private let maintenance: MaintenanceSwitch
    private let emergency: EmergencyMail
    private let clock: any WallClock
    private let steady: any SteadyClock
    private let logger: Logger
    private let reads: StoreProbe<Bool>
    private let writes: StoreProbe<Void>
    private let vigil: Mutex<StoreVigil>

    /// - Parameters:
    ///   - store: what is looked at.
    ///   - hasForeignSchema: whether another version of the server has changed the schema since the start.
    ///   - maintenance: what is shut and opened.
    ///   - emergency: who is told.
    ///   - timing: every number.
    ///   - clock: the time that people are told.
    ///   - steady: the time by which silence is measured.
    init(
        store: Store, hasForeignSchema: @escaping @Sendable () async throws -> Bool = { false },
        maintenance: MaintenanceSwitch, emergency: EmergencyMail, timing: Timing, clock: any WallClock,
        steady: any SteadyClock = SystemSteadyClock(), logger: Logger
    ) {
        self.timing = timing
        self.maintenance = maintenance
        self.emergency = emergency
        self.clock = clock
        self.steady = steady
        self.logger = logger
        vigil = Mutex(StoreVigil(grace: timing.grace))
        reads = StoreProbe(deadline: timing.deadline, steady: steady) {
            // First, because the tables of another version may not be there to be read.
            if try await hasForeignSchema() { return false }
            _ = try await store.read { snapshot in try snapshot.setting(StoreWatchSetting.name) }
            return true
        }
        writes = StoreProbe(deadline: timing.deadline, steady: steady) {
            let mark = try WireJSON.encode(clock.now())
            try await store.transact(TransactionUnit { tx in try tx.set(StoreWatchSetting.name, mark) })
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.keepLooking(atReads: true) }
                group.addTask { await self.keepLooking(atReads: false) }
            }
        }
    }

    private func keepLooking(atReads: Bool) async {
        while !Task.isCancelled {
            let isWell = atReads ? await lookAtReads() : await lookAtWrites()
            let wait = !atReads && isWell ? timing.writeInterval : timing.interval
            guard (try? await steady.sleep(for: wait)) != nil else { return }
        }
    }

    /// Reads once.
    ///
    /// - Returns: whether there was an answer.
    @discardableResult
    func lookAtReads() async -> Bool {
        let askedAt = steady.now()
        let outcome = await reads.outcome()
        // A look that was broken off because the server stops has found nothing out.
        guard !Task.isCancelled else { return true }
        act(on: vigil.withLock { $0.sawRead(outcome, askedAt: askedAt, now: steady.now()) })
        if case .answered = outcome { return true }
        return false
    }

    /// Writes once.
    ///
    /// - Returns: whether there was an answer.
    @discardableResult
    func lookAtWrites() async -> Bool {
        let askedAt = steady.now()
        let outcome = await writes.outcome()
        guard !Task.isCancelled else { return true }
        act(on: vigil.withLock { $0.sawWrite(outcome, askedAt: askedAt, now: steady.now()) })
        if case .answered = outcome { return true }
        return false
    }

    private func act(on findings: [StoreVigil.Finding]) {
        for finding in findings {
            switch finding {
            case .found(let cause, let lasting):
                let start = clock.now().adding(milliseconds: -Int64(lasting / .milliseconds(1)))
                tell(cause, maintenance.found(cause, since: start))
            case .gone(let cause):
                tell(cause, maintenance.gone(cause))
            }
        }
    }

    private func tell(_ cause: ClosureCause, _ turn: Outage.Turn?) {
        guard let turn else { return }
        switch turn {
        case .began: logger.critical("shut: \(cause.rawValue)", metadata: ["level": "\(cause.level.rawValue)"])
        case .ended: logger.notice("over: \(cause.rawValue)")
        }
        emergency.tell(EmergencyNotice(cause: cause, turn: turn, at: clock.now()))
    }
}

private enum StoreWatchSetting {
    static let name = "probe"
}

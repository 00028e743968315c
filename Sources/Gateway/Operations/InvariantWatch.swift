import CommandBus
import Logging
import ServiceLifecycle
import Synchronization

/// Rechecks everything that must always hold, over and over. When something does not, money stops, and staff are told.
final class InvariantWatch<Store: CommandStore>: Service where Store.Transaction: SettingRecords {
    /// What it works with.
    struct Parts: Sendable {
        /// Rechecks everything on one snapshot; the findings in words.
        var check: @Sendable () async throws -> [String]
        /// The addresses of those who must know.
        var staff: @Sendable (Store.Transaction) throws -> [EmailAddress] = { _ in [] }
        /// Runs a check where no other instance is at it; where one is, nothing is run.
        var alone: @Sendable (_ body: @escaping @Sendable () async throws -> Void) async throws -> Void = { try await $0() }
        /// The operator's name, for letters.
        var service: String
        /// Whether money moves again by itself after a clean check.
        var recovers: Bool
    }

    private let parts: Parts
    private let runner: WorkRunner<Store>
    private let maintenance: MaintenanceSwitch
    private let emergency: EmergencyMail
    private let clock: any WallClock
    private let random: any RandomSource
    private let steady: any SteadyClock
    private let logger: Logger
    /// Nil if checks are off.
    private let schedule: Mutex<CheckSchedule?>
    /// Since when people know of something that could not be written down, and that nobody must tell them twice.
    private let unrecorded = Mutex<Timestamp?>(nil)

    /// - Parameters:
    ///   - interval: between two checks; nil for none at all.
    ///   - runner: keeps the outcome, in a unit of work.
    ///   - maintenance: what is shut and opened.
    ///   - emergency: who is told beside staff.
    ///   - clock: the time that people are told.
    ///   - random: for identifiers.
    ///   - steady: the time by which checks are due.
    init(
        interval: Duration?, parts: Parts, runner: WorkRunner<Store>, maintenance: MaintenanceSwitch,
        emergency: EmergencyMail,
        clock: any WallClock, random: any RandomSource, steady: any SteadyClock = SystemSteadyClock(), logger: Logger
    ) {
        self.parts = parts
        self.runner = runner
        self.maintenance = maintenance
        self.emergency = emergency
        self.clock = clock
        self.random = random
        self.steady = steady
        self.logger = logger
        schedule = Mutex(interval.map { CheckSchedule(interval: $0, start: steady.now()) })
        maintenance.onLift { [weak self] in self?.callNow() }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                guard (try? await steady.sleep(for: .seconds(1))) != nil else { return }
                await lookIfDue()
            }
        }
    }

    /// Has the next look check whatever the time is.
    func callNow() {
        let now = steady.now()
        schedule.withLock { $0?.callNow(at: now) }
    }

    /// Checks, if it is time.
    func lookIfDue() async {
        let now = steady.now()
        let isDue = schedule.withLock { schedule in
            guard schedule?.isDue(at: now) == true else { return false }
            schedule?.begin(at: now)
            return true
        }
        guard isDue else { return }
        do {
            try await parts.alone { [self] in try await look() }
        } catch is CancellationError {
            return
        } catch {
            logger.error("the books were not checked to the end", metadata: ["error": "\(error)"])
            let now = steady.now()
            schedule.withLock { $0?.fail(at: now) }
        }
    }

    /// Checks once, and acts on what it finds.
    ///
    /// - Throws: what the check or the store throws. What was found has stopped money all the same.
    func look() async throws {
        let findings = try await parts.check()
        let now = clock.now()
        guard findings.isEmpty else { return try await stop(findings, at: now) }
        let turn = try await keep([], at: now)
        maintenance.gone(.invariants)
        let told = unrecorded.withLock { $0.take() }
        if let turn = turn ?? told.map({ .ended(since: $0) }) { tell(turn, at: now) }
    }

    private func stop(_ findings: [String], at now: Timestamp) async throws {
        // Before anything else, and whatever becomes of the record.
        let here = maintenance.found(.invariants, since: now)
        logger.critical(
            "the books are not in order: money is stopped",
            metadata: ["findings": "\(findings.count)", "first": "\(findings[0])"]
        )
        do {
            // Only what is new in the store is news: another instance, or this one before a restart, may have told it.
            let turn = try await keep(findings, at: now)
            let told = unrecorded.withLock { $0.take() }
            if let turn, told == nil { tell(turn, at: now) }
        } catch {
            if let here {
                unrecorded.withLock { $0 = now }
                tell(here, at: now)
            }
            throw error
        }
    }

    /// Keeps the outcome, and tells staff in the same transaction what is new.
    private func keep(_ findings: [String], at now: Timestamp) async throws -> Outage.Turn? {
        let parts = parts
        let context = CommandContext.system("invariants.check", now: now, random: random)
        let (record, turn) = try await runner.run(context) { work in
            var record = try InvariantRecord.load(from: work.tx)
            let before = record.outage
            let turn = record.note(findings, at: now, recovers: parts.recovers)
            try record.save(in: work.tx)
            if record.outage != before { work.settingsChanged() }
            if let turn {
                try work.record(turn.eventKind, subject: "server", record)
                let letter = StaffLetter(record: record, turn: turn, service: parts.service, recovers: parts.recovers)
                for address in try parts.staff(work.tx) {
                    work.send(OutgoingMail(to: address, subject: letter.subject, body: letter.body))
                }
            }
            return (record, turn)
        }
        maintenance.adopt(record)
        return turn
    }

    private func tell(_ turn: Outage.Turn, at now: Timestamp) {
        if case .ended = turn { logger.notice("the books are in order again") }
        emergency.tell(EmergencyNotice(cause: .invariants, turn: turn, at: now))
    }
}

extension Outage.Turn {
    fileprivate var eventKind: String {
        switch self {
        case .began: "invariants.broken"
        case .ended: "invariants.restored"
        }
    }
}

package import Logging

/// A job that one instance does for all: under a lease, over and over, until another takes over or the server stops.
///
/// The lease is held from one round to the next, so that a round is done once and not once an instance, and is renewed
/// in the background at a third of its life. The others ask for it now and then; where a holder stops it is theirs at once
/// when they next ask, where it dies, after its life. Whoever was paused and comes back late is refused by the store.
///
/// A desk that can't be reached makes the job wait: what is under a lease is done later, never twice. So this is for what
/// may wait, such as the roll of the timetable, a backup, a run of the queue. It is not for mail, whose letters are
/// claimed one by one in the store.
package struct LeasedJob<Store: CommandStore>: Sendable where Store.Transaction: FenceRecords {
    package typealias Body = @Sendable (LeasedRunner<Store>) async throws -> Void

    private struct Taken {
        let lease: Lease
        /// When it was asked for: its life counts from then at the earliest.
        let since: Duration
    }

    private let name: String
    private let interval: Duration
    private let life: Duration
    private let desk: any LeaseDesk
    private let runner: WorkRunner<Store>
    private let clock: any SteadyClock
    private let context: @Sendable () -> CommandContext
    private let logger: Logger

    /// - Parameters:
    ///   - name: names the job, its lease and its fence.
    ///   - interval: the pause between two rounds.
    ///   - life: after which the lease of a holder that died is another's.
    ///   - desk: gives out the lease.
    ///   - runner: runs the units of work.
    ///   - clock: measures the pauses and the life.
    ///   - wallClock: the time under which the fence is raised.
    ///   - random: the source of randomness of its units.
    ///   - logger: takeovers and failures go here.
    package init(
        _ name: String, every interval: Duration, life: Duration = .seconds(15), desk: any LeaseDesk,
        runner: WorkRunner<Store>, clock: any SteadyClock = SystemSteadyClock(), wallClock: any WallClock,
        random: any RandomSource, logger: Logger
    ) {
        precondition(life >= .milliseconds(30), "a lease must outlive the renewals")
        self.name = name
        self.interval = interval
        self.life = life
        self.desk = desk
        self.runner = runner
        self.clock = clock
        self.logger = logger
        context = { .system(name, now: wallClock.now(), random: random) }
    }

    /// Does the job whenever the lease can be had, until the task is cancelled.
    ///
    /// - Parameter body: one round. It is cancelled when the lease is lost; a failure is logged, and the next round tries
    ///   again.
    package func run(_ body: @escaping Body) async {
        var (floor, isDeskAway) = (Int64(0), false)
        while !Task.isCancelled {
            do {
                let taken = try await take(above: &floor)
                if isDeskAway { logger.info("a job goes on", metadata: ["job": "\(name)"]) }
                isDeskAway = false
                if let taken {
                    try await hold(taken) { runner in try await rounds(runner, body) }
                }
            } catch {
                if Task.isCancelled { return }
                switch error {
                case is FencedOut, is LeaseLost:
                    logger.warning("a job was taken over", metadata: ["job": "\(name)", "reason": "\(error)"])
                default:
                    // Once an outage, however long it lasts.
                    if !isDeskAway {
                        logger.warning("a job waits: no lease", metadata: ["job": "\(name)", "error": "\(error)"])
                    }
                    isDeskAway = true
                }
            }
            guard (try? await clock.sleep(for: min(interval, life))) != nil else { return }
        }
    }

    /// Does one round, if the lease can be had at once, and gives the lease back.
    ///
    /// - Returns: false if another has the lease.
    /// - Throws: what the body throws; ``LeaseLost``, ``FencedOut``; what keeps the desk or the store from answering.
    package func runOnce(_ body: @escaping Body) async throws -> Bool {
        var floor: Int64 = 0
        guard let taken = try await take(above: &floor) else { return false }
        try await hold(taken, body)
        return true
    }

    /// Takes the lease and raises the fence, so that no earlier holder gets anything more into the store.
    ///
    /// - Parameter floor: the highest token known; raised to the store's where that is higher, as after a loss of the desk's
    ///   memory.
    private func take(above floor: inout Int64) async throws -> Taken? {
        // The second attempt knows the store's fence; more are of no use, then others are faster.
        for _ in 0..<2 {
            let since = clock.now()
            guard let lease = try await desk.acquire(name, above: floor, for: life) else { return nil }
            do {
                let (isIn, fence) = try await runner.run(context()) { work in
                    let isIn = try work.tx.raiseFence(of: lease.job, to: lease.token)
                    return (isIn, isIn ? lease.token : try work.tx.fence(of: lease.job))
                }
                floor = max(floor, fence)
                if isIn { return Taken(lease: lease, since: since) }
            } catch {
                await release(lease)
                throw error
            }
            await release(lease)
        }
        return nil
    }

    /// Does the work for as long as the lease can be renewed, and gives it back.
    private func hold(_ taken: Taken, _ work: @escaping Body) async throws {
        let result: Result<Void, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                let leased = LeasedRunner(runner: runner, lease: taken.lease)
                group.addTask { try await work(leased) }
                group.addTask { try await keepRenewing(taken) }
                defer { group.cancelAll() }
                try await group.next()
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await release(taken.lease)
        try result.get()
    }

    private func rounds(_ runner: LeasedRunner<Store>, _ body: @escaping Body) async throws {
        while true {
            do {
                try await body(runner)
            } catch let error as FencedOut {
                throw error
            } catch {
                try Task.checkCancellation()
                logger.error("a round of a job failed", metadata: ["job": "\(name)", "error": "\(error)"])
            }
            try await clock.sleep(for: interval)
        }
    }

    /// - Throws: ``LeaseLost`` when a renewal is refused, or none was acknowledged for the life of the lease.
    private func keepRenewing(_ taken: Taken) async throws {
        var (since, pause) = (taken.since, life / 3)
        while true {
            try await clock.sleep(for: pause)
            let now = clock.now()
            guard now - since < life else { throw LeaseLost(job: name) }
            do {
                guard try await desk.renew(taken.lease, for: life) else { throw LeaseLost(job: name) }
                (since, pause) = (now, life / 3)
            } catch let error as LeaseLost {
                throw error
            } catch {
                // The desk may come back before the lease has ended.
                pause = life / 10
            }
        }
    }

    /// Also when the task is cancelled: whoever waits for the lease is not to wait for its end.
    private func release(_ lease: Lease) async {
        let desk = desk
        await Task { await desk.release(lease) }.value
    }
}

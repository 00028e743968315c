import Booking
import CommandBus
import Logging
import ServiceLifecycle
import Synchronization

/// Rolls the timetable forward, over and over: new departures appear, departures whose time has come are marked.
final class TimetableJob<Store: FarebusStore>: Service {
    private let roller: TimetableRoller
    private let runner: WorkRunner<Store>
    private let clock: any WallClock
    private let random: any RandomSource
    private let interval: Duration
    private let logger: Logger
    /// The newest import that the feeds have been told of.
    private let announced = Mutex<Int64?>(nil)

    init(core: Core<Store>, interval: Duration, logger: Logger) {
        roller = core.roller
        runner = core.runner
        clock = core.clock
        random = core.random
        self.interval = interval
        self.logger = logger
    }

    /// Rolls once; a server does not listen before that has been done.
    func rollOnce() async throws {
        let context = CommandContext.system("timetable.roll", now: clock.now(), random: random)
        let summary = try await roller.roll(on: runner, context: context)
        if summary.made > 0 || summary.departed > 0 {
            logger.info("timetable rolled", metadata: ["made": "\(summary.made)", "departed": "\(summary.departed)"])
        }
        try await announceImport(context)
    }

    /// Tells the feeds what an import from the command line has changed or withdrawn: that was another process.
    private func announceImport(_ context: CommandContext) async throws {
        let known = announced.withLock { $0 }
        let newest = try await runner.run(context) { work in
            let newest = try work.tx.latestImport()
            if let known, newest != known {
                for departure in try work.tx.importedDepartures(after: work.context.now) {
                    work.publish(try SeatsFeed.change(for: departure))
                }
            }
            return newest
        }
        announced.withLock { $0 = newest }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                do {
                    try await Task.sleep(for: interval)
                    try await rollOnce()
                } catch is CancellationError {
                    return
                } catch {
                    // The next round tries again; what is there stays as it is.
                    logger.error("the timetable was not rolled", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}

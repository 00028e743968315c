import Booking
import CommandBus
import Foundation
import Logging
import ServiceLifecycle

/// Rolls the timetable forward, over and over: new departures appear, departures whose time has come are marked. One
/// instance does it for all.
struct TimetableJob<Store: FarebusStore>: Service {
    private let roller: TimetableRoller
    private let job: LeasedJob<Store>
    private let clock: any WallClock
    private let random: any RandomSource
    private let logger: Logger
    /// Opens when the first roll was tried; until then there is nothing to go on with.
    private let opening: AsyncStream<Void>
    private let open: AsyncStream<Void>.Continuation

    init(core: Core<Store>, interval: Duration, logger: Logger) {
        roller = core.roller
        clock = core.clock
        random = core.random
        self.logger = logger
        (opening, open) = AsyncStream.makeStream(of: Void.self)
        job = LeasedJob(
            "timetable.roll", every: interval, desk: core.leases, runner: core.runner, wallClock: core.clock,
            random: core.random, logger: logger
        )
    }

    /// Rolls once, unless another instance is at it, and then has ``run()`` go on; a server does not listen before that
    /// has been tried.
    func begin() async {
        do {
            _ = try await job.runOnce(roll)
        } catch {
            // What is there can be sold; the next round tries again.
            logger.error("the timetable was not rolled", metadata: ["error": "\(error)"])
        }
        open.finish()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in opening {}
            guard !Task.isCancelled else { return }
            await job.run(roll)
        }
    }

    @Sendable
    private func roll(on runner: LeasedRunner<Store>) async throws {
        let context = CommandContext.system("timetable.roll", now: clock.now(), random: random)
        let summary = try await roller.roll(on: runner, context: context)
        if summary.made > 0 || summary.departed > 0 {
            logger.info("timetable rolled", metadata: ["made": "\(summary.made)", "departed": "\(summary.departed)"])
        }
        try await announceImport(on: runner, context)
    }

    /// Tells the feeds what an import from the command line has changed or withdrawn: that was another process.
    private func announceImport(on runner: LeasedRunner<Store>, _ context: CommandContext) async throws {
        try await runner.run(context) { work in
            let newest = try WireJSON.encode(try work.tx.latestImport())
            guard try work.tx.setting(Self.announced) != newest else { return }
            for departure in try work.tx.importedDepartures(after: work.context.now) {
                work.publish(try SeatsFeed.change(for: departure))
            }
            try work.tx.set(Self.announced, newest)
        }
    }

    /// The setting with the number of the newest import that the feeds were told of.
    private static var announced: String { "timetable.announced" }
}

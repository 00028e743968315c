import Booking
import CommandBus
import Logging
import ServiceLifecycle

/// Rolls the timetable forward, over and over: new departures appear, departures whose time has come are marked.
struct TimetableJob<Store: FarebusStore>: Service {
    let roller: TimetableRoller
    let runner: WorkRunner<Store>
    let clock: any WallClock
    let random: any RandomSource
    let interval: Duration
    let logger: Logger

    /// Rolls once; a server does not listen before that has been done.
    func rollOnce() async throws {
        let context = CommandContext.system("timetable.roll", now: clock.now(), random: random)
        let summary = try await roller.roll(on: runner, context: context)
        if summary.made > 0 || summary.departed > 0 {
            logger.info("timetable rolled", metadata: ["made": "\(summary.made)", "departed": "\(summary.departed)"])
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
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

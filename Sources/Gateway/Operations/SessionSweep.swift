import Auth
import CommandBus
import Logging
import ServiceLifecycle

/// Ends the sockets and streams of staff whose sessions are over, as nobody has used them for too long. That takes nothing
/// that would be told to anybody: the time goes by.
struct SessionSweep<Store: CommandStore>: Service where Store.Snapshot: AccountReads {
    let recheck: SessionRecheck<Store>
    let clock: any WallClock
    let steady: any SteadyClock
    let logger: Logger
    /// How long after its end a session's sockets and streams may go on, at most.
    private let interval: Duration

    /// - Parameters:
    ///   - recheck: looks at the sessions.
    ///   - clock: the time by which sessions are over.
    ///   - interval: between two sweeps.
    ///   - steady: measures that.
    init(
        recheck: SessionRecheck<Store>, clock: any WallClock, interval: Duration = .seconds(60),
        steady: any SteadyClock = SystemSteadyClock(), logger: Logger
    ) {
        self.recheck = recheck
        self.clock = clock
        self.interval = interval
        self.steady = steady
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await steady.sleep(for: interval)) != nil {
                do {
                    try await look()
                } catch {
                    // That the store does not answer is looked after elsewhere.
                    logger.debug("the sessions were not looked at", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// Looks at all of them once.
    func look() async throws {
        try await recheck.endThoseOver(at: clock.now())
    }
}

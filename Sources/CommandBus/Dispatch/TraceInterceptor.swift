import Logging
import Metrics

/// Gives each call its instant, counts and times it, and turns whatever was thrown into an answer without its text.
struct TraceInterceptor: Interceptor {
    private struct Meters: Sendable {
        let timer: Timer
        let succeeded: Counter
        let refused: Counter
        let failed: Counter
    }

    private let meters: [String: Meters]
    private let clock: any WallClock
    private let logger: Logger

    init(table: CommandTable, clock: any WallClock, logger: Logger) {
        self.clock = clock
        self.logger = logger
        meters = Dictionary(
            uniqueKeysWithValues: table.entries.map { entry in
                func counter(_ outcome: String) -> Counter {
                    Counter(label: "farebus_commands_total", dimensions: [("command", entry.name), ("outcome", outcome)])
                }
                let timer = Timer(label: "farebus_command_seconds", dimensions: [("command", entry.name)])
                return (
                    entry.name,
                    Meters(
                        timer: timer, succeeded: counter("success"), refused: counter("refused"), failed: counter("failed")
                    )
                )
            }
        )
    }

    func intercept(_ call: CommandCall, next: Next) async throws -> CommandReply {
        var call = call
        call.now = clock.now()
        let started = ContinuousClock.now
        let reply: CommandReply
        do {
            reply = try await next(call)
        } catch let problem as Problem {
            if problem.code.status >= 500, problem.code != .maintenance {
                logger.warning(
                    "\(call.entry.name) failed: \(problem.code.name)", metadata: ["trace": "\(call.trace)"]
                )
            }
            reply = .failure(problem, trace: call.trace)
        } catch {
            logger.error(
                "\(call.entry.name) failed", metadata: ["trace": "\(call.trace)", "error": "\(String(reflecting: error))"]
            )
            reply = .failure(.internalError, trace: call.trace)
        }
        if let meters = meters[call.entry.name] {
            meters.timer.recordNanoseconds(Int64((ContinuousClock.now - started) / .nanoseconds(1)))
            switch reply.status {
            case ..<400: meters.succeeded.increment()
            case ..<500: meters.refused.increment()
            default: meters.failed.increment()
            }
        }
        return reply
    }
}

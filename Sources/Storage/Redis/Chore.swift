import CommandBus
import Logging

/// Work that is to be done once more whenever it is asked for, and again until it succeeds.
///
/// However often it is asked for while it is under way, it is done once more after that.
struct Chore: Sendable {
    private let name: String
    private let wishes: AsyncStream<Void>
    private let wish: AsyncStream<Void>.Continuation
    private let work: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - name: what is said to be late in the log.
    ///   - work: what is done.
    init(_ name: String, _ work: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.work = work
        (wishes, wish) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Asks for the work. It returns at once.
    func request() {
        wish.yield()
    }

    /// Works until the task is cancelled.
    ///
    /// - Parameters:
    ///   - pause: between an attempt that failed and the next.
    ///   - clock: measures the pause.
    ///   - logger: is told of the first failure of a row.
    func run(pause: Duration = .seconds(1), clock: any SteadyClock, logger: Logger) async {
        for await _ in wishes {
            var failures = 0
            while !Task.isCancelled {
                do {
                    try await work()
                    break
                } catch {
                    if failures == 0, !Task.isCancelled {
                        logger.warning("\(name) is tried again until it succeeds", metadata: ["error": "\(error)"])
                    }
                    failures += 1
                    try? await clock.sleep(for: pause)
                }
            }
        }
    }
}

import Synchronization

/// Something did not happen in time.
package struct DeadlinePassed: Error, CustomStringConvertible {
    package let seconds: Double
    package let what: String

    package var description: String { "after \(seconds) s still waiting for \(what)" }
}

/// Waits for `body`, but no longer than `seconds`: a test fails rather than hang.
///
/// When the time is up `body` is cancelled and left behind, so that even work that ignores its cancellation holds
/// nobody up.
///
/// - Throws: what `body` throws, or ``DeadlinePassed``.
package func withDeadline<Value: Sendable>(
    _ seconds: Double, _ what: String = "an answer", _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let race = DeadlineRace<Value>()
    let work = Task {
        do {
            race.finish(.success(try await body()))
        } catch {
            race.finish(.failure(error))
        }
    }
    let timer = Task {
        guard (try? await Task.sleep(for: .seconds(seconds))) != nil else { return }
        race.finish(.failure(DeadlinePassed(seconds: seconds, what: what)))
    }
    defer {
        work.cancel()
        timer.cancel()
    }
    return try await withTaskCancellationHandler {
        try await race.value()
    } onCancel: {
        race.finish(.failure(CancellationError()))
    }
}

/// The first result wins.
private final class DeadlineRace<Value: Sendable>: Sendable {
    private enum State {
        case running
        case waiting(CheckedContinuation<Value, any Error>)
        case finished(Result<Value, any Error>)
    }

    private let state = Mutex(State.running)

    func finish(_ result: Result<Value, any Error>) {
        let waiter: CheckedContinuation<Value, any Error>? = state.withLock { state in
            switch state {
            case .running:
                state = .finished(result)
                return nil
            case .waiting(let continuation):
                state = .finished(result)
                return continuation
            case .finished:
                return nil
            }
        }
        waiter?.resume(with: result)
    }

    func value() async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let done: Result<Value, any Error>? = state.withLock { state in
                if case .finished(let result) = state { return result }
                state = .waiting(continuation)
                return nil
            }
            if let done { continuation.resume(with: done) }
        }
    }
}

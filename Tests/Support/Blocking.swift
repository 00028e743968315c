import Dispatch
import Synchronization

/// Waits where nothing can be awaited: on a thread of a store's own, never on one that others wait for.
package func blocking<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let outcome = Outcome<Value>()
    Task.detached {
        do {
            outcome.settle(.success(try await body()))
        } catch {
            outcome.settle(.failure(error))
        }
    }
    return try outcome.wait()
}

private final class Outcome<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let isDone = DispatchSemaphore(value: 0)

    func settle(_ result: Result<Value, any Error>) {
        self.result.withLock { $0 = result }
        isDone.signal()
    }

    func wait() throws -> Value {
        guard isDone.wait(timeout: .now() + 30) == .success, let result = result.withLock({ $0 }) else {
            throw DeadlinePassed(seconds: 30, what: "what blocks a thread")
        }
        return try result.get()
    }
}

import Dispatch
import Foundation
import Support
import Synchronization

/// Holds a thread up.
final class Hold: Sendable {
    private let door = DispatchSemaphore(value: 0)
    private let arrival = AsyncStream<Void>.makeStream()

    func wait() {
        arrival.continuation.yield()
        _ = door.wait(timeout: .now() + 10)
    }

    func release() { door.signal() }

    func reached() async throws {
        let stream = arrival.stream
        try await withDeadline(10, "the writer") { for await _ in stream { return } }
    }
}

/// Collects what became of jobs.
final class Results: Sendable {
    private struct State {
        var order: [Int] = []
        var failures: [Int] = []
    }

    private let state = Mutex(State())
    private let signals = AsyncStream<Void>.makeStream()

    var order: [Int] { state.withLock { $0.order } }
    var failures: [Int] { state.withLock { $0.failures } }

    func settle(_ number: Int, _ error: (any Error)?) {
        state.withLock { state in
            state.order.append(number)
            if error != nil { state.failures.append(number) }
        }
        signals.continuation.yield()
    }

    func wait(for count: Int) async throws {
        let (state, stream) = (self, signals.stream)
        try await withDeadline(20, "\(count) results") {
            if state.order.count >= count { return }
            for await _ in stream where state.order.count >= count { return }
        }
    }
}

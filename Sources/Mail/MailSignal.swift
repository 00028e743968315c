import Synchronization

/// Wakes the worker of the outbox: after a commit that left mail in it, and when the server stops.
package final class MailSignal: Sendable {
    private struct State {
        var isRaised = false
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    package init() {}

    /// Says that there may be mail. It returns at once, and is remembered if nobody waits.
    package func raise() {
        wake { $0.isRaised = true }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Ends all waiting, now and for ever.
    func close() {
        wake { $0.isClosed = true }
    }

    /// Waits until the signal is raised, and lowers it; at most for a time. There may be one who waits.
    func wait(atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                guard (try? await Task.sleep(for: limit)) != nil else { return }
                self.raise()
            }
            await lowered()
            group.cancelAll()
        }
    }

    private func lowered() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    guard !state.isRaised, !state.isClosed, !Task.isCancelled else { return true }
                    state.waiter = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            raise()
        }
        state.withLock { $0.isRaised = false }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiter = state.withLock { state in
            change(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}

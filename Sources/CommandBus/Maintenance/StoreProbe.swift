import Synchronization

/// Asks the store something small, and waits for the answer no longer than a deadline.
///
/// One question is under way at a time, however many wait for it: a store that hangs is not buried in questions.
package final class StoreProbe<Value: Sendable>: Sendable {
    package enum Outcome: Sendable {
        case answered(Value)
        /// There is too much work for another question, which says nothing about the store itself.
        case busy
        /// It can't be reached, refuses, or has not answered in time.
        case failed
    }

    private struct Waiter {
        let continuation: CheckedContinuation<Outcome, Never>
        var timer: Task<Void, Never>?

        func resume(_ outcome: Outcome) {
            timer?.cancel()
            continuation.resume(returning: outcome)
        }
    }

    private struct State {
        var isAsking = false
        var nextID: UInt64 = 0
        var waiters: [UInt64: Waiter] = [:]
    }

    private let state = Mutex(State())
    private let deadline: Duration
    private let steady: any SteadyClock
    private let ask: @Sendable () async throws -> Value

    /// - Parameters:
    ///   - deadline: how long whoever asks waits.
    ///   - steady: measures the deadline.
    ///   - ask: the question; its error is a failure, whatever it is.
    package init(
        deadline: Duration, steady: any SteadyClock = SystemSteadyClock(),
        ask: @escaping @Sendable () async throws -> Value
    ) {
        self.deadline = deadline
        self.steady = steady
        self.ask = ask
    }

    /// Asks, or waits for the answer to the question that is under way. Whoever is cancelled goes on at once.
    package func outcome() async -> Outcome {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let begins = state.withLock { state in
                    state.waiters[id] = Waiter(continuation: continuation)
                    defer { state.isAsking = true }
                    return !state.isAsking
                }
                if begins { start() }
                startTimer(for: id)
                // Cancelled before there was anybody to wake.
                if Task.isCancelled { settle(id, .failed) }
            }
        } onCancel: {
            settle(id, .failed)
        }
    }

    /// The question has a life of its own: an answer may come after everybody has given it up.
    private func start() {
        Task {
            let outcome: Outcome
            do {
                outcome = .answered(try await ask())
            } catch let problem as Problem where problem.code == .storeBusy {
                outcome = .busy
            } catch {
                outcome = .failed
            }
            let waiters = state.withLock { state in
                state.isAsking = false
                defer { state.waiters = [:] }
                return state.waiters.values
            }
            for waiter in waiters { waiter.resume(outcome) }
        }
    }

    private func startTimer(for id: UInt64) {
        let timer = Task {
            guard (try? await steady.sleep(for: deadline)) != nil else { return }
            settle(id, .failed)
        }
        let isOver = state.withLock { state in
            state.waiters[id]?.timer = timer
            return state.waiters[id] == nil
        }
        if isOver { timer.cancel() }
    }

    private func settle(_ id: UInt64, _ outcome: Outcome) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(outcome)
    }
}

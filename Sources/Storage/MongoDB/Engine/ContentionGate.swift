import Foundation

/// Lets units run beside each other, and one that lost too often run alone: so each of them gets done.
///
/// On its own, optimistic concurrency has no end for a long unit among short ones that touch the same documents.
///
/// `@unchecked Sendable`: the mutable state is only touched while `condition` is locked.
final class ContentionGate: @unchecked Sendable {
    /// How long all others are kept waiting for one that wants to run alone. Those inside may take long: a large import, a
    /// commit whose server does not answer.
    private static let patience: TimeInterval = 0.5

    private let condition = NSCondition()
    private var running = 0
    private var waitingAlone = 0
    private var isAlone = false

    /// Runs `body` when it may. Blocks.
    ///
    /// - Parameters:
    ///   - alone: whether nothing is to run beside it, if that can be had in half a second.
    ///   - end: when to stop waiting.
    /// - Returns: nil if it was still waiting at the end.
    func pass<Value>(alone: Bool, until end: Date, _ body: () throws -> Value) rethrows -> Value? {
        guard enter(alone: alone, until: end) else { return nil }
        defer { leave() }
        return try body()
    }

    private func enter(alone: Bool, until end: Date) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        if alone {
            waitingAlone += 1
            defer { waitingAlone -= 1 }
            let patience = min(end, Date(timeIntervalSinceNow: Self.patience))
            while running > 0 {
                guard condition.wait(until: patience) else {
                    // Those that waited for this one may go on, and it with them if there is time.
                    condition.broadcast()
                    guard patience < end else { return false }
                    running += 1
                    return true
                }
            }
            isAlone = true
        } else {
            while isAlone || waitingAlone > 0 {
                guard condition.wait(until: end) else { return false }
            }
        }
        running += 1
        return true
    }

    private func leave() {
        condition.lock()
        running -= 1
        isAlone = false
        condition.broadcast()
        condition.unlock()
    }
}

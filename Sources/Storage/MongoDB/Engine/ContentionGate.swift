import Foundation

/// Lets units run beside each other, and one that lost too often run alone: so each of them gets done.
///
/// On its own, optimistic concurrency has no end for a long unit among short ones that touch the same documents.
///
/// `@unchecked Sendable`: the mutable state is only touched while `condition` is locked.
final class ContentionGate: @unchecked Sendable {
    private let condition = NSCondition()
    private var running = 0
    private var waitingAlone = 0
    private var isAlone = false

    /// Runs `body` when it may. Blocks.
    ///
    /// - Parameters:
    ///   - alone: whether nothing may run beside it.
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
            while running > 0 {
                guard condition.wait(until: end) else {
                    // Those that waited for this one may go on.
                    condition.broadcast()
                    return false
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

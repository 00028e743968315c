import Synchronization

/// Has what follows on commits happen in the order in which the commits were sent.
///
/// A unit that depends on another has read what that one committed, so its own commit was sent later. The answers may
/// overtake each other between the threads; what the world is told must not.
final class CommitOrder: Sendable {
    private struct State {
        var next: UInt64 = 0
        var head: UInt64 = 0
        var actions: [UInt64: @Sendable () -> Void] = [:]
        var isDraining = false
    }

    private let state = Mutex(State())

    /// A place in the order; it must be settled, whatever becomes of the commit.
    func take() -> UInt64 {
        state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
    }

    /// Runs `action` when every earlier place has been settled; at once, if that is so, on this thread, and with it what
    /// has waited for it.
    ///
    /// - Parameter place: nil for what has given its place up, and waits for nobody.
    func settle(_ place: UInt64?, _ action: @escaping @Sendable () -> Void = {}) {
        guard let place else { return action() }
        settle(held: place, action)
    }

    private func settle(held place: UInt64, _ action: @escaping @Sendable () -> Void) {
        let isDrainer = state.withLock { state in
            state.actions[place] = action
            if state.isDraining { return false }
            state.isDraining = true
            return true
        }
        guard isDrainer else { return }
        while let action = nextAction() { action() }
    }

    private func nextAction() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard let action = state.actions.removeValue(forKey: state.head) else {
                state.isDraining = false
                return nil
            }
            state.head += 1
            return action
        }
    }
}

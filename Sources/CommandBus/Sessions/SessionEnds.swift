import Synchronization

/// The end of an account's sessions, told to whatever lives longer than a request: sockets, streams, caches.
package struct SessionEnd: Sendable, Equatable {
    package enum Reason: String, Sendable {
        /// A newer sign-in.
        case replaced
        /// The session was closed by its owner.
        case closed
        /// The account was suspended, revoked or deleted.
        case revoked
    }

    package let account: AccountID
    /// The session epoch that lives on, if any.
    package let survivingEpoch: Int?
    package let reason: Reason

    package init(account: AccountID, survivingEpoch: Int?, reason: Reason) {
        self.account = account
        self.survivingEpoch = survivingEpoch
        self.reason = reason
    }

    /// Whether a session of `principal` is over.
    package func ends(_ principal: Principal) -> Bool {
        principal.account == account && principal.epoch != survivingEpoch
    }
}

/// Passes the end of sessions on to who has asked for it. What is called must return at once.
package final class SessionEnds: Sendable {
    private struct State {
        var nextID: UInt64 = 0
        var byAccount: [AccountID: [UInt64: @Sendable (SessionEnd) -> Void]] = [:]
        var everyone: [@Sendable (SessionEnd) -> Void] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Calls `action` at each end of a session, for good; for caches.
    package func observe(_ action: @escaping @Sendable (SessionEnd) -> Void) {
        state.withLock { $0.everyone.append(action) }
    }

    /// Calls `action` when the session of `principal` ends, until the watch is cancelled.
    ///
    /// A session may end between its authentication and this call: authenticate once more after it.
    package func watch(_ principal: Principal, _ action: @escaping @Sendable (SessionEnd) -> Void) -> Watch {
        let id = state.withLock { state in
            state.nextID += 1
            state.byAccount[principal.account, default: [:]][state.nextID] = { end in
                if end.ends(principal) { action(end) }
            }
            return state.nextID
        }
        return Watch(ends: self, account: principal.account, id: id)
    }

    package struct Watch: Sendable {
        fileprivate let ends: SessionEnds
        fileprivate let account: AccountID
        fileprivate let id: UInt64

        package func cancel() {
            ends.state.withLock { state in
                state.byAccount[account]?[id] = nil
                if state.byAccount[account]?.isEmpty == true { state.byAccount[account] = nil }
            }
        }
    }

    func signal(_ end: SessionEnd) {
        let actions = state.withLock { state in
            state.everyone + (state.byAccount[end.account].map { Array($0.values) } ?? [])
        }
        for action in actions { action(end) }
    }
}

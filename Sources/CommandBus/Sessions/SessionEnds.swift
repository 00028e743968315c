import Synchronization

/// Passes the end of sessions on to who has asked for it. What is called at once must return at once.
package final class SessionEnds: Sendable {
    private struct Watcher {
        let principal: Principal
        let action: @Sendable (SessionEnd) -> Void
    }

    private struct State {
        var nextID: UInt64 = 0
        var byAccount: [AccountID: [UInt64: Watcher]] = [:]
        var everyone: [@Sendable (SessionEnd) -> Void] = []
        var beforeAnswer: [@Sendable (SessionEnd) async -> Void] = []

        /// Takes out who watches a session that is over: there is nothing more to tell them.
        mutating func takeWatchers(of account: AccountID, where isOver: (Principal) -> Bool) -> [Watcher] {
            guard let watchers = byAccount[account] else { return [] }
            let taken = watchers.filter { isOver($0.value.principal) }
            guard !taken.isEmpty else { return [] }
            let left = watchers.filter { taken[$0.key] == nil }
            byAccount[account] = left.isEmpty ? nil : left
            return Array(taken.values)
        }
    }

    private let state = Mutex(State())

    package init() {}

    /// Calls `action` at each end of a session, for good.
    package func observe(_ action: @escaping @Sendable (SessionEnd) -> Void) {
        state.withLock { $0.everyone.append(action) }
    }

    /// Calls `action` at each end of a session that a unit of work of this process has caused, for good, and waits for it
    /// before whoever caused the end is answered; for caches.
    package func observe(beforeAnswer action: @escaping @Sendable (SessionEnd) async -> Void) {
        state.withLock { $0.beforeAnswer.append(action) }
    }

    /// Calls `action` when the session of `principal` ends, at most once, until the watch is cancelled.
    ///
    /// A session may end between its authentication and this call: authenticate once more after it.
    package func watch(_ principal: Principal, _ action: @escaping @Sendable (SessionEnd) -> Void) -> Watch {
        let id = state.withLock { state in
            state.nextID += 1
            state.byAccount[principal.account, default: [:]][state.nextID] = Watcher(principal: principal, action: action)
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

    /// Whose sessions are watched now, each session once.
    package var watched: [Principal] {
        let all = state.withLock { $0.byAccount.values.flatMap { $0.values.map(\.principal) } }
        return Array(Set(all))
    }

    /// Tells the end of sessions: one of this process's units of work has caused it, or another instance says so.
    package func signal(_ end: SessionEnd) {
        let (everyone, watchers) = state.withLock { state in
            (state.everyone, state.takeWatchers(of: end.account) { end.ends($0) })
        }
        for action in everyone { action(end) }
        for watcher in watchers { watcher.action(end) }
    }

    /// Tells the end of one session to who watches it; for whoever finds a session ended without having been told when.
    ///
    /// Sessions of the account that have begun since it was looked are none of its business, whatever `end` says of them.
    package func signal(_ end: SessionEnd, to principal: Principal) {
        let watchers = state.withLock { state in
            state.takeWatchers(of: principal.account) {
                $0.session == principal.session && $0.epoch == principal.epoch
            }
        }
        for watcher in watchers { watcher.action(end) }
    }

    /// Waits for everybody who has to know of an end before it is answered.
    func settle(_ end: SessionEnd) async {
        let actions = state.withLock { $0.beforeAnswer }
        guard !actions.isEmpty else { return }
        await withDiscardingTaskGroup { group in
            for action in actions { group.addTask { await action(end) } }
        }
        // Whoever has begun to watch meanwhile, and then asked a cache that had not forgotten yet, took the session for
        // a live one. From now on the cache tells the truth.
        let watchers = state.withLock { state in state.takeWatchers(of: end.account) { end.ends($0) } }
        for watcher in watchers { watcher.action(end) }
    }
}

package import CommandBus

/// Asks the store which sessions live still, for an instance that may not have been told of an end.
package struct SessionRecheck<Store: CommandStore>: Sendable where Store.Snapshot: AccountReads {
    private let store: Store
    private let ends: SessionEnds

    /// How many accounts are looked at in one snapshot.
    private let chunk = 200

    /// - Parameters:
    ///   - store: has the last word.
    ///   - ends: knows whose sessions are watched, and is told of those that have ended.
    package init(store: Store, ends: SessionEnds) {
        self.store = store
        self.ends = ends
    }

    /// Whether a session has not been ended; it may have expired.
    package func isAlive(_ principal: Principal) async throws -> Bool {
        try await openSessions(of: [principal.account])[principal.account]?.isOf(principal) == true
    }

    /// Ends whatever was opened for sessions that are over.
    ///
    /// - Throws: ``Problem/storeUnavailable``. Not all were looked at then, and it has to be run again.
    package func run() async throws {
        let watched = Dictionary(grouping: ends.watched, by: \.account)
        let accounts = Array(watched.keys)
        for first in stride(from: 0, to: accounts.count, by: chunk) {
            let part = Array(accounts[first..<min(first + chunk, accounts.count)])
            let open = try await openSessions(of: part)
            for account in part {
                for principal in watched[account] ?? [] where open[account]?.isOf(principal) != true {
                    // Told to this session alone: the account may have opened another since it was read.
                    let end = SessionEnd(account: account, survivingEpoch: open[account]?.epoch, reason: .replaced)
                    ends.signal(end, to: principal)
                }
            }
        }
    }

    private func openSessions(of accounts: [AccountID]) async throws -> [AccountID: StoredSession] {
        try await store.read { snapshot in
            var open: [AccountID: StoredSession] = [:]
            for account in accounts { open[account] = try snapshot.openSession(of: account) }
            return open
        }
    }
}

extension StoredSession {
    fileprivate func isOf(_ principal: Principal) -> Bool {
        id == principal.session && epoch == principal.epoch
    }
}

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
        try await inChunks(Array(watched.keys)) { account, open in
            for principal in watched[account] ?? [] where open?.isOf(principal) != true {
                // Told to this session alone: the account may have opened another since it was read.
                ends.signal(SessionEnd(account: account, survivingEpoch: open?.epoch, reason: .replaced), to: principal)
            }
        }
    }

    /// Ends whatever was opened for sessions of staff whose time is over: reading a feed is no use of a session, and puts
    /// nothing off. Riders' sessions only end with their term, which sockets and streams know by themselves.
    ///
    /// - Throws: ``Problem/storeUnavailable``. Not all were looked at then, and it has to be run again.
    package func endThoseOver(at now: Timestamp) async throws {
        let watched = Dictionary(grouping: ends.watched.filter { $0.role != .rider }, by: \.account)
        try await inChunks(Array(watched.keys)) { account, open in
            guard let open, now >= open.expiresAt || open.idleUntil.map({ now >= $0 }) ?? false else { return }
            for principal in watched[account] ?? [] where open.isOf(principal) {
                ends.signal(SessionEnd(account: account, survivingEpoch: nil, reason: .expired), to: principal)
            }
        }
    }

    /// Looks at the open session of each of some accounts, so many in one snapshot.
    private func inChunks(_ accounts: [AccountID], _ body: (AccountID, StoredSession?) -> Void) async throws {
        for first in stride(from: 0, to: accounts.count, by: chunk) {
            let part = Array(accounts[first..<min(first + chunk, accounts.count)])
            let open = try await openSessions(of: part)
            for account in part { body(account, open[account]) }
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

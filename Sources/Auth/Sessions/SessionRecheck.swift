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
        try await store.read { try $0.openSession(of: principal.account) }?.isOf(principal) == true
    }

    /// Ends whatever was opened for sessions that are over, and says how they ended.
    ///
    /// - Throws: ``Problem/storeUnavailable``. Not all were looked at then, and it has to be run again.
    package func run() async throws {
        let watched = Dictionary(grouping: ends.watched, by: \.account)
        for accounts in inChunks(watched.keys) {
            let over = try await store.read { snapshot in
                let open = try snapshot.openSessions(of: accounts)
                var over: [(principal: Principal, end: SessionEnd)] = []
                for principal in accounts.flatMap({ watched[$0] ?? [] }) {
                    let session = open[principal.account]
                    if session?.isOf(principal) == true { continue }
                    // One by one: few have ended without this instance being told.
                    let reason = try snapshot.ending(of: principal).reason
                    let end = SessionEnd(account: principal.account, survivingEpoch: session?.epoch, reason: reason)
                    over.append((principal, end))
                }
                return over
            }
            // Told to these sessions alone: an account may have opened another since it was read.
            for (principal, end) in over { ends.signal(end, to: principal) }
        }
    }

    /// Ends whatever was opened for sessions of staff whose time is over: reading a feed is no use of a session, and puts
    /// nothing off. Riders' sessions only end with their term, which sockets and streams know by themselves.
    ///
    /// - Throws: ``Problem/storeUnavailable``. Not all were looked at then, and it has to be run again.
    package func endThoseOver(at now: Timestamp) async throws {
        let watched = Dictionary(grouping: ends.watched.filter { $0.role != .rider }, by: \.account)
        for accounts in inChunks(watched.keys) {
            let open = try await store.read { try $0.openSessions(of: accounts) }
            for principal in accounts.flatMap({ watched[$0] ?? [] }) {
                guard let session = open[principal.account], session.isOf(principal), session.isOver(at: now) else {
                    continue
                }
                ends.signal(SessionEnd(account: session.account, survivingEpoch: nil, reason: .expired), to: principal)
            }
        }
    }

    /// So many accounts as are looked at in one snapshot.
    private func inChunks(_ accounts: some Collection<AccountID>) -> [[AccountID]] {
        let all = Array(accounts)
        return stride(from: 0, to: all.count, by: chunk).map { Array(all[$0..<min($0 + chunk, all.count)]) }
    }
}

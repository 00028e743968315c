import Synchronization

/// The leases of a server that is alone: within the process.
package final class LocalLeases: LeaseDesk {
    private struct Holding {
        let lease: Lease
        let until: Duration
    }

    private struct State {
        var holdings: [String: Holding] = [:]
        var tokens: [String: Int64] = [:]
        var count: UInt64 = 0
    }

    private let clock: any SteadyClock
    private let state = Mutex(State())

    /// - Parameter clock: the time by which leases end.
    package init(clock: any SteadyClock = SystemSteadyClock()) {
        self.clock = clock
    }

    package func acquire(_ job: String, above floor: Int64, for life: Duration) -> Lease? {
        let now = clock.now()
        return state.withLock { state in
            if let holding = state.holdings[job], now < holding.until { return nil }
            let token = max(state.tokens[job] ?? 0, floor) + 1
            state.count += 1
            let lease = Lease(job: job, token: token, holder: "\(state.count)")
            state.tokens[job] = token
            state.holdings[job] = Holding(lease: lease, until: now + life)
            return lease
        }
    }

    package func renew(_ lease: Lease, for life: Duration) -> Bool {
        let now = clock.now()
        return state.withLock { state in
            guard let holding = state.holdings[lease.job], holding.lease == lease, now < holding.until else { return false }
            state.holdings[lease.job] = Holding(lease: lease, until: now + life)
            return true
        }
    }

    package func release(_ lease: Lease) {
        state.withLock { state in
            if state.holdings[lease.job]?.lease == lease { state.holdings[lease.job] = nil }
        }
    }
}

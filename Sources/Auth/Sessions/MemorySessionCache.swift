package import CommandBus
package import Cryptography
import Synchronization

/// The session cache of a server that is alone: a bounded table in memory.
///
/// A full table gives up what was not asked for lately (the clock algorithm: Corbató, "A paging experiment with the
/// Multics system", 1968).
package final class MemorySessionCache: SessionCache {
    private struct Slot {
        var token: Digest256
        var principal: Principal
        var insertedAt: Timestamp
        /// When the store has to be asked again at the latest, whatever the lifetime of entries.
        var limit: Timestamp
        /// Whether it was found since the hand went by.
        var isWanted: Bool
    }

    private struct State {
        var slots: [Slot?] = []
        var free: [Int] = []
        var byToken: [Digest256: Int] = [:]
        /// An account has one live session, and so one entry.
        var byAccount: [AccountID: Int] = [:]
        /// Where the next search for something to give up begins.
        var hand = 0
        /// How many ends of sessions there were, and the number of the last one for each group of accounts. Accounts
        /// that share a group only make each other read the store once more.
        var ends: UInt64 = 0
        var lastEnds = [UInt64](repeating: 0, count: 1024)
    }

    private let capacity: Int
    private let lifetime: Int64
    private let state = Mutex(State())

    /// - Parameters:
    ///   - capacity: how many sessions are remembered at most.
    ///   - lifetime: seconds after which the store is asked again.
    package init(capacity: Int = 20_000, lifetime: Int = 300) {
        precondition(capacity > 0, "an empty cache is no cache")
        self.capacity = capacity
        self.lifetime = Int64(lifetime) * 1000
    }

    /// How many sessions are remembered.
    package var count: Int { state.withLock { $0.byToken.count } }

    package func lookup(_ token: Digest256, at now: Timestamp) -> SessionLookup {
        state.withLock { state in
            guard let index = state.byToken[token], let slot = state.slots[index] else {
                return .missing(SessionReadMark(value: state.ends))
            }
            let age = now.milliseconds - slot.insertedAt.milliseconds
            // A clock that was set back makes an entry look young for ever.
            guard age >= 0, age < lifetime, now < slot.limit else {
                Self.remove(index, in: &state)
                return .missing(SessionReadMark(value: state.ends))
            }
            state.slots[index]?.isWanted = true
            return .found(slot.principal)
        }
    }

    package func insert(
        _ principal: Principal, for token: Digest256, readAfter mark: SessionReadMark, until limit: Timestamp,
        at now: Timestamp
    ) {
        state.withLock { state in
            guard state.lastEnds[Self.group(of: principal.account, in: state)] <= mark.value else { return }
            if let index = state.byAccount[principal.account] { Self.remove(index, in: &state) }
            let index = place(in: &state)
            state.slots[index] = Slot(
                token: token, principal: principal, insertedAt: now, limit: limit, isWanted: false
            )
            state.byToken[token] = index
            state.byAccount[principal.account] = index
        }
    }

    package func forget(_ token: Digest256, of account: AccountID) {
        state.withLock { state in
            Self.noteEnd(of: account, in: &state)
            if let index = state.byToken[token] { Self.remove(index, in: &state) }
        }
    }

    package func forget(_ end: SessionEnd) {
        state.withLock { state in
            Self.noteEnd(of: end.account, in: &state)
            guard let index = state.byAccount[end.account], let slot = state.slots[index] else { return }
            if end.ends(slot.principal) { Self.remove(index, in: &state) }
        }
    }

    package func forgetAll() {
        state.withLock { state in
            state.ends += 1
            state.lastEnds = state.lastEnds.map { _ in state.ends }
            for index in state.slots.indices { Self.remove(index, in: &state) }
        }
    }

    private static func noteEnd(of account: AccountID, in state: inout State) {
        state.ends += 1
        state.lastEnds[group(of: account, in: state)] = state.ends
    }

    private static func group(of account: AccountID, in state: State) -> Int {
        Int(UInt(bitPattern: account.hashValue) % UInt(state.lastEnds.count))
    }

    private static func remove(_ index: Int, in state: inout State) {
        guard let slot = state.slots[index] else { return }
        state.byToken[slot.token] = nil
        state.byAccount[slot.principal.account] = nil
        state.slots[index] = nil
        state.free.append(index)
    }

    /// An empty slot: a new one, a freed one, or the first from the hand on that was not asked for since the last round.
    private func place(in state: inout State) -> Int {
        if let index = state.free.popLast() { return index }
        if state.slots.count < capacity {
            state.slots.append(nil)
            return state.slots.count - 1
        }
        // After one round nothing is wanted any more, so this ends.
        while state.slots[state.hand]?.isWanted == true {
            state.slots[state.hand]?.isWanted = false
            state.hand = (state.hand + 1) % capacity
        }
        let index = state.hand
        state.hand = (state.hand + 1) % capacity
        Self.remove(index, in: &state)
        return state.free.removeLast()
    }
}

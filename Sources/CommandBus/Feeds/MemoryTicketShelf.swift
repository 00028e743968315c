package import Cryptography
import DequeModule
import Synchronization

/// The feed tickets of a server that is alone: in memory, bounded, and gone with their session.
package final class MemoryTicketShelf: FeedTicketShelf {
    private struct State {
        var tickets: [Digest256: StoredTicket] = [:]
        /// All tickets that were put down and have not been swept, oldest first.
        var order: Deque<Digest256> = []
        var ofAccount: [AccountID: [Digest256]] = [:]

        @discardableResult
        mutating func remove(_ digest: Digest256) -> StoredTicket? {
            guard let ticket = tickets.removeValue(forKey: digest) else { return nil }
            let account = ticket.principal.account
            ofAccount[account]?.removeAll { $0 == digest }
            if ofAccount[account]?.isEmpty == true { ofAccount[account] = nil }
            return ticket
        }

        /// Forgets what has expired or was used. All tickets live equally long, so the oldest go first.
        mutating func sweep(at now: Timestamp) {
            while let oldest = order.first {
                if let ticket = tickets[oldest] {
                    guard ticket.expiresAt <= now else { return }
                    remove(oldest)
                }
                order.removeFirst()
            }
        }
    }

    private let capacity: Int
    private let capacityPerAccount: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - sessions: with the end of a session its tickets end.
    ///   - capacity: how many tickets there may be at once.
    ///   - capacityPerAccount: how many of them may be of one account; a further one ends its oldest.
    package init(sessions: SessionEnds, capacity: Int = 10_000, capacityPerAccount: Int = 8) {
        self.capacity = capacity
        self.capacityPerAccount = capacityPerAccount
        sessions.observe { [weak self] end in self?.close(end) }
    }

    package func put(_ digest: Digest256, _ ticket: StoredTicket, life: Int, at now: Timestamp) throws(Problem) {
        let isAdmitted = state.withLock { state in
            state.sweep(at: now)
            let account = ticket.principal.account
            if let own = state.ofAccount[account], own.count >= capacityPerAccount, let oldest = own.first {
                state.remove(oldest)
            }
            // Used tickets are in the order until it is their turn, so it is the order that is bounded.
            guard state.order.count < capacity else { return false }
            state.tickets[digest] = ticket
            state.order.append(digest)
            state.ofAccount[account, default: []].append(digest)
            return true
        }
        guard isAdmitted else {
            throw Problem(.tooManyRequests, "Too many feed tickets are waiting. Come back in \(life) s.", retryAfter: life)
        }
    }

    package func take(_ digest: Digest256, at now: Timestamp) -> StoredTicket? {
        guard let ticket = state.withLock({ $0.remove(digest) }), ticket.expiresAt > now else { return nil }
        return ticket
    }

    private func close(_ end: SessionEnd) {
        state.withLock { state in
            for digest in state.ofAccount[end.account] ?? [] {
                if let ticket = state.tickets[digest], end.ends(ticket.principal) { state.remove(digest) }
            }
        }
    }
}

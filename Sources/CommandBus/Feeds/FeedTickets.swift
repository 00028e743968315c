import Cryptography
import DequeModule
import Synchronization

/// One-use tickets for readers that can't send a header, such as a browser's `EventSource`.
///
/// A ticket is a secret of 256 bits that stands for the session of who asked for it, once and for half a minute. Only
/// its hash is kept, and only in memory.
package final class FeedTickets: Sendable {
    private struct Ticket {
        let principal: Principal
        let expiresAt: Timestamp
    }

    private struct Reading {
        let principal: Principal
        let ended: @Sendable (SessionEnd) -> Void
    }

    private struct State {
        var tickets: [Digest256: Ticket] = [:]
        /// All tickets that were issued and have not been swept, oldest first.
        var order: Deque<Digest256> = []
        var ofAccount: [AccountID: [Digest256]] = [:]
        /// Streams that were opened with a ticket and are still read.
        var readings: [UInt64: Reading] = [:]
        var nextReading: UInt64 = 0

        @discardableResult
        mutating func remove(_ digest: Digest256) -> Ticket? {
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

    private let life: Int
    private let capacity: Int
    private let capacityPerAccount: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - sessions: with the end of a session its tickets end, and what was opened with them.
    ///   - life: for how many seconds a ticket is good.
    ///   - capacity: how many tickets there may be at once.
    ///   - capacityPerAccount: how many of them may be of one account; a further one ends its oldest.
    package init(sessions: SessionEnds, life: Int = 30, capacity: Int = 10_000, capacityPerAccount: Int = 8) {
        self.life = life
        self.capacity = capacity
        self.capacityPerAccount = capacityPerAccount
        sessions.observe { [weak self] end in self?.close(end) }
    }

    /// A new ticket for the session of `principal`.
    func issue(
        to principal: Principal, at now: Timestamp, random: any RandomSource
    ) throws(Problem) -> (ticket: SecretToken, expiresAt: Timestamp) {
        let token = SecretToken(bytes: random.bytes(SecretToken.byteCount))
        let expiresAt = min(now.adding(seconds: life), principal.expiresAt)
        let isAdmitted = state.withLock { state in
            state.sweep(at: now)
            if let own = state.ofAccount[principal.account], own.count >= capacityPerAccount, let oldest = own.first {
                state.remove(oldest)
            }
            // Used tickets are in the order until it is their turn, so it is the order that is bounded.
            guard state.order.count < capacity else { return false }
            let digest = token.digest
            state.tickets[digest] = Ticket(principal: principal, expiresAt: expiresAt)
            state.order.append(digest)
            state.ofAccount[principal.account, default: []].append(digest)
            return true
        }
        guard isAdmitted else {
            throw Problem(.tooManyRequests, "Too many feed tickets are waiting. Come back in \(life) s.", retryAfter: life)
        }
        return (token, expiresAt)
    }

    /// Spends a ticket.
    ///
    /// - Parameters:
    ///   - text: the ticket as the client sent it.
    ///   - now: the time of the request.
    ///   - ended: called when the session behind the ticket ends, until the pass is given back.
    /// - Throws: ``Problem``: the ticket is unknown, spent or expired, or its session has ended.
    package func redeem(
        _ text: String, at now: Timestamp, ended: @escaping @Sendable (SessionEnd) -> Void
    ) throws(Problem) -> FeedPass {
        let pass = SecretToken.digest(ofShown: text).flatMap { digest in
            // In one step: a session that ends now either finds the ticket here, or the reading that it has become.
            state.withLock { state -> FeedPass? in
                guard let ticket = state.remove(digest), ticket.expiresAt > now else { return nil }
                state.nextReading += 1
                state.readings[state.nextReading] = Reading(principal: ticket.principal, ended: ended)
                return FeedPass(tickets: self, id: state.nextReading, principal: ticket.principal)
            }
        }
        guard let pass else {
            throw Problem(.notSignedIn, "The feed ticket is unknown, was used, or has expired. Get a new one.")
        }
        return pass
    }

    fileprivate func giveBack(_ id: UInt64) {
        _ = state.withLock { $0.readings.removeValue(forKey: id) }
    }

    private func close(_ end: SessionEnd) {
        let readings = state.withLock { state in
            for digest in state.ofAccount[end.account] ?? [] {
                if let ticket = state.tickets[digest], end.ends(ticket.principal) { state.remove(digest) }
            }
            return state.readings.values.filter { end.ends($0.principal) }
        }
        for reading in readings { reading.ended(end) }
    }
}

/// What a spent ticket has opened; its holder gives it back when it reads no more.
package struct FeedPass: Sendable {
    fileprivate let tickets: FeedTickets
    fileprivate let id: UInt64
    package let principal: Principal

    package func giveBack() {
        tickets.giveBack(id)
    }
}

import Cryptography
import Synchronization

/// One-use tickets for readers that can't send a header, such as a browser's `EventSource`.
///
/// A ticket is a secret of 256 bits that stands for the session of who asked for it, once and for half a minute. Only
/// its hash is kept.
package final class FeedTickets: Sendable {
    /// The redemptions that are under way, each with the ends of sessions that came meanwhile.
    private struct Redemptions {
        var lastID: UInt64 = 0
        var ends: [UInt64: [SessionEnd]] = [:]

        mutating func begin() -> UInt64 {
            lastID += 1
            ends[lastID] = []
            return lastID
        }
    }

    private let sessions: SessionEnds
    private let shelf: any FeedTicketShelf
    private let life: Int
    private let isAlive: @Sendable (Principal) async throws -> Bool
    private let redemptions = Mutex(Redemptions())

    /// - Parameters:
    ///   - sessions: with the end of a session ends what was opened with its tickets.
    ///   - shelf: where tickets lie until they are spent. If it listens to the ends of sessions itself, it must do so
    ///     already: whatever it still gives out is then seen here to have ended.
    ///   - life: for how many seconds a ticket is good, at least 1.
    ///   - isAlive: whether a session lives still.
    package init(
        sessions: SessionEnds, shelf: any FeedTicketShelf, life: Int = 30,
        isAlive: @escaping @Sendable (Principal) async throws -> Bool
    ) {
        self.sessions = sessions
        self.shelf = shelf
        self.life = life
        self.isAlive = isAlive
        sessions.observe { [weak self] end in self?.note(end) }
    }

    /// Tickets of a server that is alone, in memory.
    ///
    /// - Parameters:
    ///   - sessions: with the end of a session its tickets end, and what was opened with them.
    ///   - life: for how many seconds a ticket is good, at least 1.
    ///   - capacity: how many tickets there may be at once.
    ///   - capacityPerAccount: how many of them may be of one account; a further one ends its oldest.
    ///   - isAlive: whether a session lives still. The shelf closes the tickets that it has when their session ends, but one
    ///     may be asked for with the old token just after, before the caches have forgotten it.
    package convenience init(
        sessions: SessionEnds, life: Int = 30, capacity: Int = 10_000, capacityPerAccount: Int = 8,
        isAlive: @escaping @Sendable (Principal) async throws -> Bool
    ) {
        let shelf = MemoryTicketShelf(sessions: sessions, capacity: capacity, capacityPerAccount: capacityPerAccount)
        self.init(sessions: sessions, shelf: shelf, life: life, isAlive: isAlive)
    }

    /// A new ticket for the session of `principal`.
    func issue(
        to principal: Principal, at now: Timestamp, random: any RandomSource
    ) async throws(Problem) -> (ticket: SecretToken, expiresAt: Timestamp) {
        let token = SecretToken(bytes: random.bytes(SecretToken.byteCount))
        let expiresAt = min(now.adding(seconds: life), principal.expiresAt)
        let ticket = StoredTicket(principal: principal, expiresAt: expiresAt)
        try await shelf.put(token.digest, ticket, life: life, at: now)
        return (token, expiresAt)
    }

    /// Spends a ticket.
    ///
    /// - Parameters:
    ///   - text: the ticket as the client sent it.
    ///   - now: the time of the request.
    ///   - ended: called when the session behind the ticket ends, until the pass is given back.
    /// - Throws: ``Problem``: the ticket is unknown, spent or expired, or its session has ended; the shelf or the store
    ///   can't be reached.
    package func redeem(
        _ text: String, at now: Timestamp, ended: @escaping @Sendable (SessionEnd) -> Void
    ) async throws(Problem) -> FeedPass {
        guard let digest = SecretToken.digest(ofShown: text) else { throw .feedTicketSpent }
        let id = redemptions.withLock { $0.begin() }
        defer { _ = redemptions.withLock { $0.ends.removeValue(forKey: id) } }
        guard let ticket = try await shelf.take(digest, at: now), ticket.expiresAt > now else { throw .feedTicketSpent }
        let principal = ticket.principal
        // A session that ends from here on is told to the watch. One that ended after the ticket was taken is among the
        // ends that came meanwhile, and one that ended before is not alive.
        let watch = sessions.watch(principal, ended)
        do throws(Problem) {
            let hasEnded = redemptions.withLock { $0.ends[id]?.contains { $0.ends(principal) } == true }
            guard !hasEnded, try await lives(principal) else { throw .feedTicketSpent }
        } catch {
            watch.cancel()
            throw error
        }
        return FeedPass(principal: principal, watch: watch)
    }

    private func lives(_ principal: Principal) async throws(Problem) -> Bool {
        do {
            return try await isAlive(principal)
        } catch {
            throw error as? Problem ?? .storeUnavailable
        }
    }

    private func note(_ end: SessionEnd) {
        redemptions.withLock { redemptions in
            for id in redemptions.ends.keys { redemptions.ends[id]?.append(end) }
        }
    }
}

/// What a spent ticket has opened; its holder gives it back when it reads no more.
package struct FeedPass: Sendable {
    package let principal: Principal
    fileprivate let watch: SessionEnds.Watch

    package func giveBack() {
        watch.cancel()
    }
}

extension Problem {
    fileprivate static let feedTicketSpent = Problem(
        .notSignedIn, "The feed ticket is unknown, was used, or has expired. Get a new one."
    )
}

import Cryptography
import Foundation
import Support
import Synchronization
import Testing

@testable import CommandBus

@Suite("Feed tickets on a shelf that instances share")
struct FeedTicketShelfTests {
    /// A shelf that outlives sessions, as one on another machine does: nobody tells it of their end.
    private let shelf = MemoryTicketShelf(sessions: SessionEnds())
    private let clock = TestClock()
    private let random = SeededRandom(seed: 5)
    private let rider = NamedTokens.principal(.rider, AccountID(trusted: "a_1"))

    private func tickets(
        _ sessions: SessionEnds = SessionEnds(), shelf: (any FeedTicketShelf)? = nil,
        isAlive: @escaping @Sendable (Principal) async throws -> Bool = { _ in true }
    ) -> FeedTickets {
        FeedTickets(sessions: sessions, shelf: shelf ?? self.shelf, isAlive: isAlive)
    }

    private func issue(_ tickets: FeedTickets) async throws -> String {
        try await tickets.issue(to: rider, at: clock.now(), random: random).ticket.text
    }

    private func refusal(_ tickets: FeedTickets, _ text: String) async -> Problem.Code? {
        do throws(Problem) {
            _ = try await tickets.redeem(text, at: clock.now(), ended: { _ in })
            return nil
        } catch {
            return error.code
        }
    }

    @Test("A ticket of one instance opens a feed at another, once at all of them")
    func across() async throws {
        let (here, there) = (tickets(), tickets())
        let ticket = try await issue(here)
        let pass = try await there.redeem(ticket, at: clock.now(), ended: { _ in })
        #expect(pass.principal == rider)
        #expect(await refusal(here, ticket) == .notSignedIn)
        #expect(await refusal(there, ticket) == .notSignedIn)
    }

    @Test("A ticket whose session has ended opens nothing, and watches nothing")
    func dead() async throws {
        let sessions = SessionEnds()
        let asked = Mutex<[Principal]>([])
        let tickets = tickets(
            sessions,
            isAlive: { principal in
                asked.withLock { $0.append(principal) }
                // Asked only when the end would be told already.
                #expect(sessions.watched == [principal])
                return false
            })
        #expect(await refusal(tickets, try issue(tickets)) == .notSignedIn)
        #expect(asked.withLock { $0 } == [rider])
        #expect(sessions.watched.isEmpty)
    }

    @Test("Control: asked of nobody, it would open the feed")
    func deadUnasked() async throws {
        let tickets = tickets()
        #expect(await refusal(tickets, try issue(tickets)) == nil)
    }

    @Test("Where the store can't say, nothing is opened")
    func unknown() async throws {
        let sessions = SessionEnds()
        let tickets = tickets(sessions, isAlive: { _ in throw CancellationError() })
        #expect(await refusal(tickets, try issue(tickets)) == .storeUnavailable)
        #expect(sessions.watched.isEmpty)
    }

    @Test("What is read with a ticket is among the watched, until its pass is given back")
    func watched() async throws {
        let sessions = SessionEnds()
        let tickets = tickets(sessions)
        let pass = try await tickets.redeem(try await issue(tickets), at: clock.now(), ended: { _ in })
        #expect(sessions.watched == [rider])
        pass.giveBack()
        #expect(sessions.watched.isEmpty)
    }

    /// The shelf gives a ticket out, and holds it back on the way.
    private struct SlowShelf: FeedTicketShelf {
        let base: MemoryTicketShelf
        let gate = Gate()

        func put(_ digest: Digest256, _ ticket: StoredTicket, life: Int, at now: Timestamp) throws(Problem) {
            try base.put(digest, ticket, life: life, at: now)
        }

        func take(_ digest: Digest256, at now: Timestamp) async throws(Problem) -> StoredTicket? {
            let ticket = base.take(digest, at: now)
            await gate.pass()
            return ticket
        }
    }

    @Test("A session that ends while its ticket is on its way opens nothing; another's end is nothing to it")
    func endOnTheWay() async throws {
        for (account, code) in [("a_1", Problem.Code.notSignedIn), ("a_2", nil)] {
            let sessions = SessionEnds()
            let shelf = SlowShelf(base: MemoryTicketShelf(sessions: sessions))
            let tickets = tickets(sessions, shelf: shelf)
            let ticket = try await issue(tickets)
            async let refused = refusal(tickets, ticket)
            try await jobIsSeen("the ticket to be taken") { shelf.gate.waiting == 1 }
            sessions.signal(SessionEnd(account: AccountID(trusted: account), survivingEpoch: 2, reason: .replaced))
            shelf.gate.open()
            #expect(await refused == code)
        }
    }

    @Test("A session that ends while the store is asked ends what was opened")
    func endWhileAsked() async throws {
        let sessions = SessionEnds()
        let end = SessionEnd(account: rider.account, survivingEpoch: nil, reason: .closed)
        let tickets = tickets(
            sessions,
            isAlive: { _ in
                sessions.signal(end)
                return true
            })
        let ended = Mutex<[SessionEnd]>([])
        _ = try await tickets.redeem(
            try await issue(tickets), at: clock.now(), ended: { end in ended.withLock { $0.append(end) } }
        )
        #expect(ended.withLock { $0 } == [end])
    }

    @Test("What lies on the shelf survives being written down")
    func codable() throws {
        let ticket = StoredTicket(principal: rider, expiresAt: clock.now())
        let again = try WireJSON.decode(StoredTicket.self, from: WireJSON.encode(ticket))
        #expect(again == ticket)
    }
}

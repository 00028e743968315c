import Cryptography
import Foundation
import Support
import Synchronization
import Testing

@testable import CommandBus

@Suite("Feed tickets")
struct FeedTicketsTests {
    private let sessions = SessionEnds()
    private let clock = TestClock()
    private let random = SeededRandom(seed: 5)
    private let rider = NamedTokens.principal(.rider, AccountID(trusted: "a_1"))

    private func issue(_ tickets: FeedTickets, to principal: Principal? = nil) async throws -> String {
        try await tickets.issue(to: principal ?? rider, at: clock.now(), random: random).ticket.text
    }

    private func refusal(_ tickets: FeedTickets, _ text: String) async -> Problem.Code? {
        do throws(Problem) {
            _ = try await tickets.redeem(text, at: clock.now(), ended: { _ in })
            return nil
        } catch {
            return error.code
        }
    }

    @Test("A ticket stands for its session, once")
    func once() async throws {
        let tickets = FeedTickets(sessions: sessions, isAlive: { _ in true })
        let ticket = try await issue(tickets)
        let pass = try await tickets.redeem(ticket, at: clock.now(), ended: { _ in })
        #expect(pass.principal == rider)
        #expect(await refusal(tickets, ticket) == .notSignedIn)
    }

    @Test("A ticket of another's, or none at all, opens nothing")
    func unknown() async throws {
        let tickets = FeedTickets(sessions: sessions, isAlive: { _ in true })
        _ = try await issue(tickets)
        let others = FeedTickets(sessions: sessions, isAlive: { _ in true })
        for text in ["", "x", String(repeating: "A", count: 43), try await issue(others)] {
            #expect(await refusal(tickets, text) == .notSignedIn)
        }
    }

    @Test("A ticket lives half a minute, and no longer than its session")
    func life() async throws {
        let tickets = FeedTickets(sessions: sessions, isAlive: { _ in true })
        let early = try await issue(tickets)
        let late = try await issue(tickets)
        clock.advance(milliseconds: 29_999)
        #expect(await refusal(tickets, early) == nil)
        clock.advance(milliseconds: 1)
        #expect(await refusal(tickets, late) == .notSignedIn)
        let short = Principal(
            account: rider.account, role: .rider, session: rider.session, epoch: 1, expiresAt: clock.now().adding(seconds: 5)
        )
        let (ticket, expiresAt) = try await tickets.issue(to: short, at: clock.now(), random: random)
        #expect(expiresAt == short.expiresAt)
        clock.advance(seconds: 5)
        #expect(await refusal(tickets, ticket.text) == .notSignedIn)
    }

    @Test("A further ticket of an account ends its oldest")
    func perAccount() async throws {
        let tickets = FeedTickets(sessions: sessions, capacityPerAccount: 2, isAlive: { _ in true })
        let other = NamedTokens.principal(.rider, AccountID(trusted: "a_2"))
        let own = [try await issue(tickets), try await issue(tickets), try await issue(tickets)]
        let others = try await issue(tickets, to: other)
        var refusals: [Problem.Code?] = []
        for ticket in own { refusals.append(await refusal(tickets, ticket)) }
        #expect(refusals == [.notSignedIn, nil, nil])
        #expect(await refusal(tickets, others) == nil)
    }

    @Test("There is room for so many, and room again when they are over")
    func capacity() async throws {
        let tickets = FeedTickets(sessions: sessions, capacity: 3, isAlive: { _ in true })
        for index in 0..<3 {
            _ = try await issue(tickets, to: NamedTokens.principal(.rider, AccountID(trusted: "a_\(index)")))
        }
        let problem = await #expect(throws: Problem.self) { _ = try await issue(tickets) }
        #expect(problem?.code == .tooManyRequests)
        #expect(problem?.retryAfter == 30)
        clock.advance(seconds: 30)
        await #expect(throws: Never.self) { _ = try await issue(tickets) }
    }

    @Test("A ticket that the old token got just after the end of its session opens nothing", arguments: [true, false])
    func late(isAlive: Bool) async throws {
        let tickets = FeedTickets(sessions: sessions, isAlive: { _ in isAlive })
        sessions.signal(SessionEnd(account: rider.account, survivingEpoch: 2, reason: .replaced))
        // The shelf was told before it had the ticket: only the question whether the session lives is left.
        #expect(await refusal(tickets, try issue(tickets)) == (isAlive ? nil : .notSignedIn))
    }

    @Test("With the session its tickets end, and what was opened with them")
    func sessionEnds() async throws {
        let tickets = FeedTickets(sessions: sessions, isAlive: { _ in true })
        let ended = Mutex<[SessionEnd]>([])
        let note: @Sendable (SessionEnd) -> Void = { end in ended.withLock { $0.append(end) } }
        let reading = try await tickets.redeem(try await issue(tickets), at: clock.now(), ended: note)
        let given = try await tickets.redeem(try await issue(tickets), at: clock.now(), ended: note)
        let waiting = try await issue(tickets)
        given.giveBack()
        sessions.signal(SessionEnd(account: AccountID(trusted: "a_2"), survivingEpoch: nil, reason: .closed))
        sessions.signal(SessionEnd(account: rider.account, survivingEpoch: rider.epoch, reason: .replaced))
        #expect(ended.withLock { $0 }.isEmpty)
        let end = SessionEnd(account: rider.account, survivingEpoch: 2, reason: .replaced)
        sessions.signal(end)
        #expect(ended.withLock { $0 } == [end])
        #expect(await refusal(tickets, waiting) == .notSignedIn)
        reading.giveBack()
        sessions.signal(end)
        #expect(ended.withLock { $0 }.count == 1)
    }
}

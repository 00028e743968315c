import CommandBus
import Support
import Synchronization
import Testing

@testable import Auth

@Suite("Which sessions live still")
struct SessionRecheckTests {
    private final class Notes: Sendable {
        private let kept = Mutex<[SessionEnd]>([])
        var all: [SessionEnd] { kept.withLock { $0 } }
        func note(_ end: SessionEnd) { kept.withLock { $0.append(end) } }
    }

    /// Nobody tells these of anything: they are another instance's, which hears nothing.
    private let ends = SessionEnds()

    private func principal(_ token: String, _ house: AuthHouse) async throws -> Principal {
        try await house.authenticator.authenticate(token: token, from: "192.0.2.1")
    }

    @Test("An instance that was not told finds out which of its sessions are over, and how, and ends those")
    func run() async throws {
        let house = try await AuthHouse()
        let recheck = SessionRecheck(store: house.fixture.store, ends: ends)
        let replaced = try await house.add("asha@example.com")
        let closed = try await house.add("ravi@example.com")
        let refreshed = try await house.add("mira@example.com")
        let revoked = try await house.add("noor@example.com")
        let names = [(replaced, Notes()), (closed, Notes()), (refreshed, Notes()), (revoked, Notes())]
        var tokens: [String] = []
        for (account, notes) in names {
            tokens.append(try await house.session(of: account))
            _ = ends.watch(try await principal(tokens[tokens.count - 1], house)) { notes.note($0) }
        }
        try await recheck.run()
        #expect(names.allSatisfy { $0.1.all.isEmpty }, "all of them live")
        _ = try await house.session(of: replaced)
        #expect(try await house.send("session.close", as: tokens[1]).isProblem == false)
        #expect(try await house.send("session.refresh", as: tokens[2]).isProblem == false)
        let sessions = house.service.sessions
        try await house.fixture.work { work in try sessions.revoke(revoked.id, in: work) }
        // Control: until it is asked, this instance knows nothing.
        #expect(names.allSatisfy { $0.1.all.isEmpty })
        try await recheck.run()
        #expect(names[0].1.all == [SessionEnd(account: replaced.id, survivingEpoch: 2, reason: .replaced)])
        #expect(names[1].1.all == [SessionEnd(account: closed.id, survivingEpoch: nil, reason: .closed)])
        #expect(names[2].1.all.isEmpty, "a new token is the same session")
        #expect(names[3].1.all == [SessionEnd(account: revoked.id, survivingEpoch: nil, reason: .revoked)])
        #expect(ends.watched.map(\.account) == [refreshed.id])
    }

    @Test("However many are watched")
    func many() async throws {
        let house = try await AuthHouse()
        let account = try await house.add("asha@example.com")
        let token = try await house.session(of: account)
        let notes = Notes()
        _ = ends.watch(try await principal(token, house)) { notes.note($0) }
        for number in 0..<450 {
            _ = ends.watch(NamedTokens.principal(.rider, AccountID(trusted: "a_\(number)"))) { notes.note($0) }
        }
        try await SessionRecheck(store: house.fixture.store, ends: ends).run()
        #expect(Set(notes.all.map(\.account)).count == 450)
        #expect(notes.all.allSatisfy { $0.reason == .revoked }, "there are no such accounts")
        #expect(ends.watched.map(\.account) == [account.id])
    }

    @Test("A single session can be asked for")
    func single() async throws {
        let house = try await AuthHouse()
        let recheck = SessionRecheck(store: house.fixture.store, ends: ends)
        let account = try await house.add("asha@example.com")
        let old = try await principal(try await house.session(of: account), house)
        #expect(try await recheck.isAlive(old))
        let new = try await principal(try await house.session(of: account), house)
        #expect(try await !recheck.isAlive(old))
        #expect(try await recheck.isAlive(new))
        #expect(try await !recheck.isAlive(NamedTokens.principal(.rider, AccountID(trusted: "a_nobody"))))
    }
}

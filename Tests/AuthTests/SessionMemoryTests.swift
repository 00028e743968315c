import CommandBus
import Support
import Testing

@testable import Auth

@Suite("For how long it is known what became of a session")
struct SessionMemoryTests {
    private let email = "asha@example.com"

    private func code(_ token: String, _ house: AuthHouse) async throws -> String? {
        try await house.send("session.show", as: token).code
    }

    private func refresh(_ token: String, _ house: AuthHouse) async throws -> String {
        try #require(try await house.send("session.refresh", as: token).output(SessionView.self).token)
    }

    @Test("However often a token is refreshed, a few of the old ones are kept, the newest")
    func refreshes() async throws {
        let house = try await AuthHouse()
        var tokens = [try await house.session(of: try await house.add(email))]
        for _ in 0..<200 {
            house.fixture.clock.advance(seconds: 1)
            tokens.append(try await refresh(tokens[tokens.count - 1], house))
        }
        #expect(try await house.fixture.kept.count(of: "sessions") == 11)
        #expect(try await code(tokens[200], house) == nil)
        for token in tokens[190..<200] { #expect(try await code(token, house) == "session_expired") }
        for token in [tokens[0], tokens[189]] { #expect(try await code(token, house) == "not_signed_in") }
    }

    @Test("An ended session is told how it ended for as long as is configured", arguments: [nil, 3600] as [Int?])
    func memory(seconds: Int?) async throws {
        var configuration = AuthConfiguration()
        if let seconds { configuration.endedSessionMemory = seconds }
        let house = try await AuthHouse(configuration: configuration)
        let account = try await house.add(email)
        let closed = try await house.session(of: account)
        #expect(try await house.send("session.close", as: closed).status == 204)
        let replaced = try await house.session(of: account)
        let alive = try await house.session(of: account)

        house.fixture.clock.advance(seconds: seconds ?? 7 * 24 * 3600)
        let next = try await refresh(alive, house)
        #expect(try await code(closed, house) == "session_expired")
        #expect(try await code(replaced, house) == "session_replaced")
        house.fixture.clock.advance(milliseconds: 1)
        // A refresh forgets as a sign-in does.
        let last = try await refresh(next, house)
        for token in [closed, replaced] { #expect(try await code(token, house) == "not_signed_in") }
        for token in [alive, next] { #expect(try await code(token, house) == "session_expired") }
        #expect(try await code(last, house) == nil)
    }

    @Test("Of many that ended long ago some are forgotten with each sign-in")
    func byAndBy() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        for _ in 0..<40 { _ = try await house.session(of: account) }
        house.fixture.clock.advance(seconds: 7 * 24 * 3600 + 1)
        var counts: [Int] = []
        for _ in 0..<3 {
            _ = try await house.session(of: account)
            counts.append(try await house.fixture.kept.count(of: "sessions"))
        }
        // The last of the forty was ended by the first of these three.
        #expect(counts == [41 - 32, 42 - 39, 43 - 39])
    }

    @Test("A session that nobody has ended, though its time was over, is forgotten after the next sign-in")
    func expired() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let old = try await house.session(of: account)
        house.fixture.clock.advance(seconds: 31 * 24 * 3600)
        #expect(try await code(old, house) == "session_expired")
        _ = try await house.session(of: account)
        #expect(try await code(old, house) == "session_replaced")
        house.fixture.clock.advance(seconds: 7 * 24 * 3600 + 1)
        _ = try await house.session(of: account)
        #expect(try await code(old, house) == "not_signed_in")
        #expect(try await house.fixture.kept.count(of: "sessions") == 2)
    }

    @Test("A unit of work of a session that was forgotten meanwhile is told by the account what must have become of it")
    func forgotten() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let principal = try await house.authenticator.authenticate(
            token: try await house.session(of: account), from: "192.0.2.1", use: .command
        )
        _ = try await house.session(of: account)
        house.fixture.clock.advance(seconds: 8 * 24 * 3600)
        _ = try await house.session(of: account)
        #expect(try await house.fixture.read { try $0.session(id: principal.session) } == nil)
        await #expect(throws: Problem.sessionReplaced) {
            try await house.fixture.work { work in try work.tx.requireLive(principal) }
        }
        let sessions = house.service.sessions
        try await house.fixture.work { work in
            try work.tx.update(account.changed(state: .suspended))
            try sessions.revoke(account.id, in: work)
        }
        await #expect(throws: Problem.sessionRevoked) {
            try await house.fixture.work { work in try work.tx.requireLive(principal) }
        }
    }
}

import CommandBus
import Cryptography
import Foundation
import Storage
import Support
import Synchronization
import Testing

@testable import Auth

@Suite("What tokens are worth")
struct SessionTokenTests {
    private let email = "asha@example.com"

    private func code(_ token: String, _ house: AuthHouse) async throws -> String? {
        try await house.send("session.show", as: token).code
    }

    @Test("What is no token is not looked up, and what is none of ours is not known")
    func nonsense() async throws {
        let house = try await AuthHouse()
        let texts = [
            "", "x", " ", "\u{0}", "null", String(repeating: "A", count: 43), String(repeating: "A", count: 44),
            String(repeating: "A", count: 1_000_000), String(repeating: "é", count: 43),
            String(repeating: "\u{202E}", count: 14) + "A",
        ]
        for token in texts { #expect(try await code(token, house) == "not_signed_in") }
    }

    @Test("What the server gave for something else is no token: a challenge, a grant, a device's secret, a session's name")
    func otherSecrets() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let device = try await house.remembered(email)
        house.fixture.clock.advance(seconds: 60)
        let challenge = try #require(try await house.open(email).output(SessionView.self).challenge)
        let grant = try await house.grant("new@example.com")
        let session = try await house.fixture.read { try $0.openSession(of: account.id) }
        for text in [challenge, grant, device, try #require(session).id.raw, account.id.raw] {
            #expect(try await code(text, house) == "not_signed_in")
        }
        // The hash that the store keeps is no token either.
        let stored = Base64URL.encode(try #require(session).token.bytes)
        #expect(try await code(stored, house) == "not_signed_in")
        #expect(try await house.fixture.kept.count(of: "sessions") == 1, "nothing came of it")
    }

    @Test("A token of another role opens only what that role may do", arguments: [Role.rider, .conductor, .developer])
    func otherRole(role: Role) async throws {
        let house = try await AuthHouse()
        let token = try await house.session(of: try await house.add(email, role: role))
        let reply = try await house.send("staff.list", as: token)
        #expect(reply.status == 403)
        #expect(reply.code == "not_allowed")
    }

    @Test("The tokens of older epochs are all told that they were replaced")
    func oldEpochs() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        var tokens: [String] = []
        for _ in 0..<4 { tokens.append(try await house.session(of: account)) }
        let last = tokens.removeLast()
        for token in tokens { #expect(try await code(token, house) == "session_replaced") }
        #expect(try await code(last, house) == nil)
        // They are told so for a week.
        house.fixture.clock.advance(seconds: 7 * 24 * 3600)
        _ = try await house.session(of: account)
        for token in tokens { #expect(try await code(token, house) == "session_replaced") }
        house.fixture.clock.advance(milliseconds: 1)
        _ = try await house.session(of: account)
        for token in tokens { #expect(try await code(token, house) == "not_signed_in") }
        #expect(try await code(last, house) == "session_replaced", "it ended a moment ago")
    }

    @Test("A session that was revoked says so, is told to whoever watches it, and is not called replaced")
    func revoked() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let token = try await house.session(of: account)
        let principal = try await house.bus.authenticate(token: token, from: "192.0.2.1")
        let reasons = Mutex<[SessionEnd.Reason]>([])
        let watch = house.fixture.sessions.watch(principal) { end in reasons.withLock { $0.append(end.reason) } }
        defer { watch.cancel() }
        let sessions = house.service.sessions
        try await house.fixture.work { work in try sessions.revoke(account.id, in: work) }
        #expect(reasons.withLock { $0 } == [.revoked])
        for command in ["session.show", "session.refresh", "session.close"] {
            let reply = try await house.send(command, as: token)
            #expect(reply.status == 401)
            #expect(reply.code == "session_revoked")
        }
        // Whatever is derived from the epoch died, too.
        #expect(try await house.fixture.read { try $0.account(account.id) }?.sessionEpoch == principal.epoch + 1)
        // Nothing is revoked where nothing is open.
        try await house.fixture.work { work in try sessions.revoke(account.id, in: work) }
        #expect(try await house.fixture.kept.count(of: "sessions") == 1)
    }

    @Test("A unit of work of a session that ended meanwhile is told what became of it")
    func endedMeanwhile() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let sessions = house.service.sessions
        let principal = try await house.authenticator.authenticate(
            token: try await house.session(of: account), from: "192.0.2.1"
        )
        _ = try await house.session(of: account)
        await #expect(throws: Problem.sessionReplaced) {
            try await house.fixture.work { work in try sessions.close(principal, in: work) }
        }
        let newer = try await house.authenticator.authenticate(
            token: try await house.session(of: account), from: "192.0.2.1"
        )
        try await house.fixture.work { work in try sessions.revoke(account.id, in: work) }
        await #expect(throws: Problem.sessionRevoked) {
            try await house.fixture.work { work in _ = try sessions.refresh(newer, token: nil, in: work) }
        }
        let last = try await house.authenticator.authenticate(
            token: try await house.session(of: account), from: "192.0.2.1", use: .command
        )
        try await house.fixture.work { work in try sessions.close(last, in: work) }
        // Signed out twice at once, nobody has signed in elsewhere.
        await #expect(throws: Problem.sessionExpired) {
            try await house.fixture.work { work in try sessions.close(last, in: work) }
        }
        let told: [(Principal, Problem)] = [
            (principal, .sessionReplaced), (newer, .sessionRevoked), (last, .sessionExpired),
        ]
        for (principal, problem) in told {
            await #expect(throws: problem) {
                try await house.fixture.work { work in try work.tx.requireLive(principal) }
            }
        }
    }

    @Test("Suspended between the code and its answer, an account is told so, and the code is as good as before")
    func suspendedMeanwhile() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let challenge = try #require(try await house.open(email).output(SessionView.self).challenge)
        let answer = ["challenge": challenge, "code": try await house.code(to: email)]
        try await house.fixture.kept.change("accounts") { row in
            row["state"] = .text("suspended")
        }
        #expect(try await house.send("session.verify", answer).code == "account_suspended")
        #expect(try await house.fixture.read { try $0.openSession(of: account.id) } == nil)
        try await house.fixture.kept.change("accounts") { row in
            row["state"] = .text("active")
        }
        #expect(try await house.send("session.verify", answer).status == 200)
    }

    @Test("A clock that is set back ends no session, and none outlives the time that it was told")
    func clockSetBack() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let token = try await house.session(of: account)
        let end = try await house.send("session.show", as: token).output(SessionView.self).expiresAt
        house.fixture.clock.advance(seconds: -7 * 24 * 3600)
        #expect(try await code(token, house) == nil)
        // A sign-in after that replaces it all the same.
        let newer = try await house.session(of: account)
        #expect(try await code(token, house) == "session_replaced")
        #expect(try await code(newer, house) == nil)
        house.fixture.clock.set(end.adding(seconds: -7 * 24 * 3600))
        #expect(try await code(newer, house) == "session_expired")
    }
}

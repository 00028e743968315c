import CommandBus
import Cryptography
import Foundation
import Storage
import Support
import Testing

@testable import Auth

@Suite("One live session an account")
struct SessionRaceTests {
    private let email = "asha@example.com"

    /// Lets everybody sign in at once, and use the token while it may be good.
    private func race(
        _ house: AuthHouse, _ inputs: [(command: String, input: [String: String])]
    ) async throws -> [String] {
        try await withThrowingTaskGroup(of: String.self) { group in
            for (command, input) in inputs {
                group.addTask {
                    let token = try #require(try await house.send(command, input).output(SessionView.self).token)
                    // A token that was alive for a moment is in the cache as well.
                    _ = try await house.send("session.show", as: token)
                    return token
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func expectOneAlive(_ tokens: [String], _ house: AuthHouse) async throws {
        var codes: [String?] = []
        for token in tokens { codes.append(try await house.send("session.show", as: token).code) }
        #expect(codes.filter { $0 == nil }.count == 1)
        #expect(codes.filter { $0 == "session_replaced" }.count == tokens.count - 1)
        #expect(try await house.fixture.kept.count(of: "sessions") { $0["ending"] == .null } == 1)
        let (findings, sessions) = try await house.fixture.read { try SessionCheck.run($0) }
        #expect(findings == [])
        #expect(sessions == 1)
    }

    @Test("Fifty sign-ins that race on fifty known devices leave one session alive")
    func devices() async throws {
        var configuration = AuthConfiguration()
        configuration.devicesPerAccount = 50
        let house = try await AuthHouse(configuration: configuration)
        let account = try await house.add(email)
        let devices = house.service.devices
        let secrets = try await house.fixture.work { work in
            try (0..<50).map { _ in try devices.remember(account.id, in: work).text }
        }
        let inputs = secrets.map { ("session.open", ["email": email, "password": AuthHouse.password, "device": $0]) }
        try await expectOneAlive(try await race(house, inputs), house)
    }

    @Test("Second factors that race leave one session alive")
    func challenges() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        var inputs: [(String, [String: String])] = []
        for _ in 0..<5 {
            let challenge = try #require(try await house.open(email).output(SessionView.self).challenge)
            inputs.append(("session.verify", ["challenge": challenge, "code": try await house.code(to: email)]))
            house.fixture.clock.advance(seconds: 60)
        }
        // Those that are still good.
        let good = Array(inputs.suffix(4))
        try await expectOneAlive(try await race(house, good), house)
    }

    @Test("One challenge answered many times at once opens one session")
    func oneChallenge() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        let challenge = try #require(try await house.open(email).output(SessionView.self).challenge)
        let answer = ["challenge": challenge, "code": try await house.code(to: email)]
        let replies = try await withThrowingTaskGroup(of: CommandReply.self) { group in
            for _ in 0..<20 { group.addTask { try await house.send("session.verify", answer) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replies.filter { $0.status == 200 }.count == 1)
        #expect(replies.filter { $0.code == "code_expired" }.count == 19)
        #expect(try await house.fixture.kept.count(of: "sessions") == 1)
    }

    @Test("A unit of work of a session that many sign-ins have left behind is told that it was replaced")
    func earlyLoser() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let loser = try await house.authenticator.authenticate(
            token: try await house.session(of: account), from: "192.0.2.1", use: .command
        )
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 { group.addTask { _ = try await house.session(of: account) } }
            try await group.waitForAll()
        }
        let sessions = house.service.sessions
        await #expect(throws: Problem.sessionReplaced) {
            try await house.fixture.work { work in try work.tx.requireLive(loser) }
        }
        await #expect(throws: Problem.sessionReplaced) {
            try await house.fixture.work { work in _ = try sessions.refresh(loser, token: nil, in: work) }
        }
        await #expect(throws: Problem.sessionReplaced) {
            try await house.fixture.work { work in try sessions.close(loser, in: work) }
        }
    }

    @Test("The database itself refuses a second open session")
    func uniqueSession() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        _ = try await house.session(of: account)
        await #expect(throws: (any Error).self) { try await openUnguarded(account, house) }
        #expect(try await house.fixture.read { try SessionCheck.run($0) }.findings == [])
    }

    @Test("Control: without that, a sign-in that ends nothing leaves two, and the check finds it")
    func unguarded() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let first = try await house.session(of: account)
        try await house.fixture.kept.dropIndex("sessions_open", of: "sessions")
        try await openUnguarded(account, house)
        #expect(try await house.send("session.show", as: first).status == 200)
        #expect(try await house.fixture.read { try SessionCheck.run($0) }.findings.count == 1)
    }

    /// Opens a session and leaves the one before it alone.
    private func openUnguarded(_ account: Account, _ house: AuthHouse) async throws {
        let now = house.fixture.clock.now()
        try await house.fixture.work { work in
            try work.tx.insert(
                StoredSession(
                    token: SHA256.digest("another".utf8), id: work.context.makeID(), account: account.id, role: .rider,
                    epoch: 9, issuedAt: now, expiresAt: now.adding(seconds: 60)
                )
            )
        }
    }
}

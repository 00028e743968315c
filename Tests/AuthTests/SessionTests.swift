import CommandBus
import Cryptography
import Foundation
import Storage
import Support
import Synchronization
import Testing

@testable import Auth

@Suite("Sign-in and sessions")
struct SessionTests {
    private let email = "asha@example.com"

    @Test("Without a known device, the password leads to a challenge, and the code to a session")
    func secondFactor() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        let opened = try await house.open(email)
        #expect(opened.status == 200)
        let due = try opened.output(SessionView.self)
        #expect(due.token == nil && due.account == nil && due.role == nil && due.device == nil)
        #expect(due.factor == .mail)
        #expect(due.expiresAt == house.fixture.clock.now().adding(seconds: 300))
        let challenge = try #require(due.challenge)
        // A challenge is no token.
        #expect(try await house.send("session.show", as: challenge).code == "not_signed_in")
        let answer = ["challenge": challenge, "code": try await house.code(to: email)]
        let view = try await house.send("session.verify", answer).output(SessionView.self)
        #expect(view.challenge == nil && view.factor == nil)
        #expect(view.device == nil, "it was not asked for")
        let token = try #require(view.token)
        #expect(try await house.send("session.show", as: token).status == 200)
        // Good once.
        #expect(try await house.send("session.verify", answer).code == "code_expired")
    }

    @Test("A bare user name stands for an address where there is a default domain, and is none elsewhere")
    func bareName() async throws {
        var configuration = AuthConfiguration()
        configuration.defaultDomain = "example.com"
        let house = try await AuthHouse(configuration: configuration)
        try await house.add(email)
        #expect(try await house.open("asha").output(SessionView.self).challenge != nil)
        #expect(try await house.open("nobody").code == "invalid_credentials")
        let reply = try await AuthHouse().open("asha")
        #expect(reply.status == 422)
        #expect(reply.text.contains("/email"))
    }

    @Test("An unknown address and a wrong password get the same bytes")
    func credentials() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        try await house.add("closed@example.com", state: .closed)
        let replies = [
            try await house.open(email, password: "eight buses at dawn"), try await house.open("nobody@example.com"),
            try await house.open("closed@example.com"),
        ]
        #expect(Set(replies.map(\.text)).count == 1)
        #expect(replies[0].status == 401)
        #expect(replies[0].code == "invalid_credentials")
        #expect(try await house.letters(to: email).isEmpty)
    }

    @Test("A password is the same from whatever keyboard it comes")
    func normalisation() async throws {
        let house = try await AuthHouse()
        let grant = try await house.grant(email)
        #expect(try await house.complete(grant, password: "caf\u{E9} au\u{A0}lait").status == 201)
        let decomposed = try await house.open(email, password: "cafe\u{301} au lait")
        #expect(try decomposed.output(SessionView.self).challenge != nil)
    }

    @Test("A suspended account is told so, but only to whoever knows the password")
    func suspended() async throws {
        let house = try await AuthHouse()
        try await house.add(email, state: .suspended)
        #expect(try await house.open(email).code == "account_suspended")
        #expect(try await house.open(email, password: "eight buses at dawn").code == "invalid_credentials")
    }

    @Test("While the server is shut, staff may sign in and riders may not")
    func maintenance() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        try await house.add("staff@example.com", role: .developer)
        let challenge = try #require(try await house.open(email).output(SessionView.self).challenge)
        let answer = ["challenge": challenge, "code": try await house.code(to: email)]
        house.maintenance.set(MaintenanceState(on: true, reason: "New buses.", since: nil))

        for reply in [try await house.open(email), try await house.send("session.verify", answer)] {
            #expect(reply.status == 503)
            #expect(reply.code == "maintenance")
            #expect(reply.retryAfter == 60)
        }
        let staff = try await house.signIn("staff@example.com")
        #expect(try await house.authenticator.authenticate(token: staff, from: "192.0.2.1").role == .developer)
        // The code was not used up by the refusal.
        house.maintenance.set(.off)
        #expect(try await house.send("session.verify", answer).status == 200)
    }

    @Test("Too many sign-ins at once are told to come back")
    func overload() async throws {
        let hasher = PasswordHasher(threads: 1, waiting: 2, cost: Argon2id.Cost(memory: 8192, passes: 2))
        let house = try await AuthHouse(hasher: hasher)
        let email = email
        let replies = try await withThrowingTaskGroup(of: CommandReply.self) { group in
            for _ in 0..<40 { group.addTask { try await house.open(email) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let refused = replies.filter { $0.code == "sign_in_busy" }
        #expect(!refused.isEmpty)
        #expect(refused.allSatisfy { $0.status == 429 && ($0.retryAfter ?? 0) >= 1 })
        #expect(replies.contains { $0.code == "invalid_credentials" })
    }

    @Test("A new sign-in ends the session before it: token, cache and watchers, before it is answered")
    func replacement() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let old = try await house.session(of: account)
        let principal = try await house.bus.authenticate(token: old, from: "192.0.2.1")
        let ends = Mutex<[SessionEnd.Reason]>([])
        let watch = house.fixture.sessions.watch(principal) { end in ends.withLock { $0.append(end.reason) } }
        defer { watch.cancel() }

        let new = try await house.signIn(email)
        #expect(ends.withLock { $0 } == [.replaced])
        let refused = try await house.send("session.show", as: old)
        #expect(refused.status == 401)
        #expect(refused.code == "session_replaced")
        #expect(try await house.send("session.show", as: new).status == 200)
        #expect(try await house.bus.authenticate(token: new, from: "192.0.2.1").epoch == principal.epoch + 1)
    }

    @Test("A refresh gives a new token and a new term to the same session; the old token is dead")
    func refresh() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let old = try await house.session(of: account)
        let before = try await house.bus.authenticate(token: old, from: "192.0.2.1")
        house.fixture.clock.advance(seconds: 24 * 3600)
        let refreshed = try await house.send("session.refresh", as: old).output(SessionView.self)
        let new = try #require(refreshed.token)
        let after = try await house.bus.authenticate(token: new, from: "192.0.2.1")
        #expect(after.session == before.session)
        #expect(after.epoch == before.epoch)
        #expect(after.expiresAt == before.expiresAt.adding(seconds: 24 * 3600))
        #expect(try await house.send("session.show", as: old).code == "session_expired")
        #expect(try await house.send("session.refresh", as: old).code == "session_expired")
    }

    @Test("Of refreshes that race one is answered, and holds the token that lives")
    func racingRefreshes() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let old = try await house.session(of: account)
        let replies = try await withThrowingTaskGroup(of: CommandReply.self) { group in
            for _ in 0..<20 { group.addTask { try await house.send("session.refresh", as: old) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let answered = replies.filter { $0.status == 200 }
        #expect(answered.count == 1)
        for reply in answered {
            let token = try #require(try reply.output(SessionView.self).token)
            #expect(try await house.send("session.show", as: token).status == 200)
        }
        #expect(replies.filter { $0.code == "session_expired" }.count == 19)
        #expect(try await house.send("session.show", as: old).code == "session_expired")
    }

    @Test("A refresh that comes with a token that another one has replaced meanwhile gets nothing, and ends nothing")
    func lateRefresh() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let old = try await house.session(of: account)
        let principal = try await house.authenticator.authenticate(token: old, from: "192.0.2.1", use: .command)
        let new = try #require(try await house.send("session.refresh", as: old).output(SessionView.self).token)
        let (sessions, digest) = (house.service.sessions, try #require(SecretToken.digest(ofShown: old)))
        await #expect(throws: Problem.sessionExpired) {
            try await house.fixture.work { work in _ = try sessions.refresh(principal, token: digest, in: work) }
        }
        #expect(try await house.send("session.show", as: new).status == 200)
        #expect(try await house.fixture.kept.count(of: "sessions") == 2)
    }

    @Test("Signing out ends the session everywhere")
    func close() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let token = try await house.session(of: account)
        let principal = try await house.bus.authenticate(token: token, from: "192.0.2.1")
        let ends = Mutex<[SessionEnd.Reason]>([])
        let watch = house.fixture.sessions.watch(principal) { end in ends.withLock { $0.append(end.reason) } }
        defer { watch.cancel() }
        let reply = try await house.send("session.close", as: token)
        #expect(reply.status == 204)
        #expect(reply.body.isEmpty)
        #expect(ends.withLock { $0 } == [.closed])
        #expect(try await house.send("session.show", as: token).code == "session_expired")
        #expect(try await house.send("session.close", as: token).code == "session_expired")
    }

    @Test("Riders are signed in for thirty days, staff for twelve hours, and both are told", arguments: Role.allCases)
    func terms(role: Role) async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email, role: role)
        let token = try await house.session(of: account)
        let term = role == .rider ? 30 * 24 * 3600 : 12 * 3600
        let shown = try await house.send("session.show", as: token).output(SessionView.self)
        #expect(shown.role == role)
        #expect(shown.expiresAt == house.fixture.clock.now().adding(seconds: term))
        #expect(shown.idleSeconds == (role == .rider ? nil : 1800))
        if role == .rider {
            house.fixture.clock.advance(seconds: term - 1)
        } else {
            // Used often enough, it lasts as long as it can.
            for _ in 0..<(term / 1200 - 1) {
                house.fixture.clock.advance(seconds: 1200)
                #expect(try await house.send("session.show", as: token).status == 200)
            }
            house.fixture.clock.advance(seconds: 1199)
        }
        #expect(try await house.send("session.show", as: token).status == 200)
        // The entry in the cache is a second old: its session ends on time all the same.
        house.fixture.clock.advance(seconds: 1)
        #expect(try await house.send("session.show", as: token).code == "session_expired")
    }
}

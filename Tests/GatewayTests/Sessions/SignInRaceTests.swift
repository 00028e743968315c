import Booking
import CommandBus
import Cryptography
import Foundation
import Support
import Testing

@testable import Auth
@testable import Gateway

/// Fifty devices of one rider sign in at once, half of them over REST and half over sockets.
@Suite(.serialized)
struct SignInRaceTests {
    private static let email = "rider1@demo.test"

    @Test(.timeLimit(.minutes(2)))
    func oneOfFiftySignInsStaysAlive() async throws {
        try await RunningGateway.with(flags: ["devices.perAccount": "50"]) { gateway in
            let old = try #require(gateway.tokens[Self.email])
            // What hangs on the session before the race.
            let idle = try await gateway.socket(old)
            let reader = try await HTTPTestClient.connect(port: gateway.port, seconds: 30)
            defer { reader.close() }
            let stream = try await reader.stream("/v1/feeds/seats", headers: RunningGateway.bearer(old))
            #expect(try await stream.next()?.event == "snapshot")

            let secrets = try await secrets(50, gateway)
            let tokens = try await withThrowingTaskGroup(of: String.self) { group in
                for (index, secret) in secrets.enumerated() {
                    group.addTask {
                        let token =
                            index.isMultiple(of: 2)
                            ? try await Self.signInByREST(secret, gateway) : try await Self.signInBySocket(secret, gateway)
                        // Used while it may be alive, it gets into the cache.
                        _ = try await gateway.code(of: token)
                        return token
                    }
                }
                return try await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(Set(tokens).count == 50)

            #expect(try await idle.closeCode() == 4101)
            var last: SSETestStream.Event?
            while let event = try await stream.next() { last = event }
            #expect(last?.event == "bye")
            #expect(last?.data?.contains("session_replaced") == true)

            var codes: [String: String] = [:]
            for token in tokens { codes[token] = try await gateway.code(of: token) }
            #expect(codes.values.filter(\.isEmpty).count == 1)
            #expect(codes.values.filter { $0 == "session_replaced" }.count == 49)
            #expect(try await gateway.code(of: old) == "session_replaced")
            for token in tokens.filter({ codes[$0] != "" }).prefix(5) {
                #expect(try await gateway.connect(token).closeCode() == 4101)
            }
            let winner = try #require(tokens.first { codes[$0] == "" })
            let alive = try await gateway.socket(winner)
            #expect(try await alive.show(2).contains(#""status":200"#))
            let findings = try await gateway.core.store.read { try SessionCheck.run($0).findings }
            #expect(findings == [])
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func aCommandAtWorkIsAnsweredAfterItsSessionWasReplacedButNoFeedSaysAnythingMore() async throws {
        try await RunningGateway.with { gateway in
            let scene = AccountScene(gateway: gateway)
            let old = try scene.token(Self.email)
            let account = try await scene.account(Self.email).id
            let departure = try #require(try await scene.departures(1).first)
            let (busy, other) = (
                try await gateway.socket(old), try await gateway.socket(try scene.token(AccountScene.email(2)))
            )
            for client in [busy, other] { try await client.follow(departure.id) }
            #expect(try await scene.book(departure, as: AccountScene.email(3)).status == 201)
            for client in [busy, other] { try await client.change() }

            // What ends a session is answered when everybody who has to know has been told, and here somebody dallies: the
            // sign-in is at work still when the session of its own socket has been replaced by it.
            let (isEnded, goesOn) = (Gate(), Gate())
            defer { goesOn.open() }
            gateway.core.bus.sessions.observe(beforeAnswer: { end in
                guard end.account == account else { return }
                isEnded.open()
                await goesOn.value()
            })
            let secret = try #require(try await secrets(1, gateway).first)
            try await busy.send(#"{"id":"work","cmd":"session.open","input":\#(Self.credentials(secret))}"#)
            try await withDeadline(10, "the end of the session") { await isEnded.value() }
            #expect(try await scene.book(departure, as: AccountScene.email(4)).status == 201)
            try await other.change()
            goesOn.open()

            let token = try Self.token(in: try await busy.text(containing: #""id":"work""#))
            #expect(try await busy.close() == (4101, "the session was replaced"))
            try await busy.ended()
            #expect(busy.unread == 0)
            #expect(try await gateway.code(of: token) == "")
            #expect(try await gateway.code(of: old) == "session_replaced")
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func aSessionThatIsRevokedEndsOnTheNextFrameAndSaysSo() async throws {
        try await RunningGateway.with { gateway in
            let token = try #require(gateway.tokens["conductor@demo.test"])
            let client = try await gateway.socket(token)
            #expect(try await client.show(1).contains(#""status":200"#))
            let (core, sessions) = (gateway.core, gateway.core.auth.sessions)
            let principal = try await core.bus.authenticate(token: token, from: "192.0.2.1")
            try await core.runner.run(.system("test", now: gateway.clock.now(), random: core.random)) { work in
                try sessions.revoke(principal.account, in: work)
            }
            #expect(try await client.close() == (4101, "the session was revoked"))
            #expect(try await gateway.code(of: token) == "session_revoked")
            #expect(try await gateway.connect(token).closeCode() == 4101)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func staffWhoOnlyWatchAreSentAwayWhenTheirTimeIsOver() async throws {
        try await RunningGateway.with(flags: ["sessions.staffIdle": "1800"]) { gateway in
            let core = gateway.core
            let sweep = SessionSweep(recheck: core.recheck, clock: gateway.clock, logger: StoreFixture.silent)
            let (staff, rider) = (
                try #require(gateway.tokens["developer@demo.test"]), try #require(gateway.tokens[Self.email])
            )
            let (watching, riding) = (try await gateway.socket(staff), try await gateway.socket(rider))
            for client in [watching, riding] {
                try await client.send(#"{"id":"s","sub":"seats"}"#)
                _ = try await client.text(containing: "snapshot")
            }
            let reader = try await HTTPTestClient.connect(port: gateway.port, seconds: 30)
            defer { reader.close() }
            let stream = try await reader.stream("/v1/feeds/seats", headers: RunningGateway.bearer(staff))
            #expect(try await stream.next()?.event == "snapshot")

            gateway.clock.advance(seconds: 1799)
            try await sweep.look()
            gateway.clock.advance(seconds: 1)
            try await sweep.look()
            #expect(try await watching.closeCode() == 4100)
            var last: SSETestStream.Event?
            while let event = try await stream.next() { last = event }
            #expect(last?.data?.contains("session_expired") == true)
            #expect(try await gateway.code(of: staff) == "session_expired")
            #expect(try await riding.show(2).contains(#""status":200"#))
        }
    }

    // MARK: - Clients

    /// Remembers devices behind the sign-in's back.
    private func secrets(_ count: Int, _ gateway: RunningGateway) async throws -> [String] {
        let (core, devices) = (gateway.core, gateway.core.auth.devices)
        return try await core.runner.run(.system("test", now: gateway.clock.now(), random: core.random)) { work in
            guard let rider = try work.tx.account(email: EmailAddress(trusted: Self.email)) else { return [] }
            return try (0..<count).map { _ in try devices.remember(rider.id, in: work).text }
        }
    }

    private static func credentials(_ secret: String) -> String {
        #"{"email":"\#(email)","password":"\#(DemoAccounts.password)","device":"\#(secret)"}"#
    }

    private static func signInByREST(_ secret: String, _ gateway: RunningGateway) async throws -> String {
        let response = try await HTTPTestClient.once(
            port: gateway.port, "POST", "/v1/sessions", headers: [("Content-Type", "application/json")],
            body: Data(credentials(secret).utf8)
        )
        return try token(in: response.text)
    }

    private static func signInBySocket(_ secret: String, _ gateway: RunningGateway) async throws -> String {
        let client = try await SocketClient.connect(port: gateway.port)
        defer { client.drop() }
        try await client.send(#"{"id":"1","cmd":"session.open","input":\#(credentials(secret))}"#)
        return try token(in: try await client.text(containing: #""id":"1""#))
    }

    private static func token(in text: String) throws -> String {
        String(try #require(text.firstMatch(of: /"token":"([A-Za-z0-9_-]{43})"/), "\(text)").1)
    }
}

/// Holds whoever waits until it is opened.
private struct Gate: Sendable {
    private let stream = AsyncStream.makeStream(of: Void.self)

    func open() { stream.continuation.finish() }
    func value() async { for await _ in stream.stream {} }
}

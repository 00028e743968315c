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
            let (idle, busy) = (try await socket(old, gateway), try await socket(old, gateway))
            let reader = try await HTTPTestClient.connect(port: gateway.port, seconds: 30)
            defer { reader.close() }
            let stream = try await reader.stream("/v1/feeds/seats", headers: [("Authorization", "Bearer \(old)")])
            #expect(try await stream.next()?.event == "snapshot")
            #expect(try await busy.show(1).contains(#""status":200"#))

            let secrets = try await secrets(50, gateway)
            let tokens = try await withThrowingTaskGroup(of: String.self) { group in
                for (index, secret) in secrets.enumerated() {
                    group.addTask {
                        let token =
                            index.isMultiple(of: 2)
                            ? try await Self.signInByREST(secret, gateway) : try await Self.signInBySocket(secret, gateway)
                        // Used while it may be alive, it gets into the cache.
                        _ = try await Self.code(of: token, gateway)
                        return token
                    }
                }
                return try await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(Set(tokens).count == 50)

            for client in [idle, busy] { #expect(try await client.closeCode() == 4101) }
            var last: SSETestStream.Event?
            while let event = try await stream.next() { last = event }
            #expect(last?.event == "bye")
            #expect(last?.data?.contains("session_replaced") == true)

            var codes: [String: String] = [:]
            for token in tokens { codes[token] = try await Self.code(of: token, gateway) }
            #expect(codes.values.filter(\.isEmpty).count == 1)
            #expect(codes.values.filter { $0 == "session_replaced" }.count == 49)
            #expect(try await Self.code(of: old, gateway) == "session_replaced")
            for token in tokens.filter({ codes[$0] != "" }).prefix(5) {
                #expect(try await SocketClient.connect(port: gateway.port, headers: bearer(token)).closeCode() == 4101)
            }
            let winner = try #require(tokens.first { codes[$0] == "" })
            let alive = try await socket(winner, gateway)
            #expect(try await alive.show(2).contains(#""status":200"#))
            let findings = try await gateway.core.store.read { try SessionCheck.run($0).findings }
            #expect(findings == [])
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func aSessionThatIsRevokedEndsOnTheNextFrameAndSaysSo() async throws {
        try await RunningGateway.with { gateway in
            let token = try #require(gateway.tokens["conductor@demo.test"])
            let client = try await socket(token, gateway)
            #expect(try await client.show(1).contains(#""status":200"#))
            let (core, sessions) = (gateway.core, gateway.core.auth.sessions)
            let principal = try await core.bus.authenticate(token: token, from: "192.0.2.1")
            try await core.runner.run(.system("test", now: gateway.clock.now(), random: core.random)) { work in
                try sessions.revoke(principal.account, in: work)
            }
            #expect(try await client.close() == (4101, "the session was revoked"))
            #expect(try await Self.code(of: token, gateway) == "session_revoked")
            #expect(try await SocketClient.connect(port: gateway.port, headers: bearer(token)).closeCode() == 4101)
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
            let (watching, riding) = (try await socket(staff, gateway), try await socket(rider, gateway))
            for client in [watching, riding] {
                try await client.send(#"{"id":"s","sub":"seats"}"#)
                _ = try await client.text(containing: "snapshot")
            }
            let reader = try await HTTPTestClient.connect(port: gateway.port, seconds: 30)
            defer { reader.close() }
            let stream = try await reader.stream("/v1/feeds/seats", headers: bearer(staff))
            #expect(try await stream.next()?.event == "snapshot")

            gateway.clock.advance(seconds: 1799)
            try await sweep.look()
            gateway.clock.advance(seconds: 1)
            try await sweep.look()
            #expect(try await watching.closeCode() == 4100)
            var last: SSETestStream.Event?
            while let event = try await stream.next() { last = event }
            #expect(last?.data?.contains("session_expired") == true)
            #expect(try await Self.code(of: staff, gateway) == "session_expired")
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

    /// The code of the problem that a token is answered with; empty if it is good.
    private static func code(of token: String, _ gateway: RunningGateway) async throws -> String {
        let response = try await HTTPTestClient.once(
            port: gateway.port, "GET", "/v1/sessions/current", headers: [("Authorization", "Bearer \(token)")]
        )
        return response.text.firstMatch(of: /"code":"([a-z_]+)"/).map { String($0.1) } ?? ""
    }

    private func bearer(_ token: String) -> [(String, String)] { [("Authorization", "Bearer \(token)")] }

    private func socket(_ token: String, _ gateway: RunningGateway) async throws -> SocketClient {
        let client = try await SocketClient.connect(port: gateway.port, headers: bearer(token))
        _ = try await client.text(containing: "hello")
        return client
    }
}

extension SocketClient {
    /// Asks for its session.
    fileprivate func show(_ id: Int) async throws -> String {
        try await send(#"{"id":"\#(id)","cmd":"session.show"}"#)
        return try await text(containing: #""id":"\#(id)""#)
    }
}

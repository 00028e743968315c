import CommandBus
import Cryptography
import Foundation
import Support
import Testing

@testable import Gateway

/// Guessing through the doors of a running server.
@Suite(.serialized)
struct GuessLimitTests {
    private static let unknown = SecretToken(bytes: Array(repeating: 9, count: 32)).text

    private static func get(_ path: String, at port: Int) async throws -> HTTPTestResponse {
        try await HTTPTestClient.once(
            port: port, "GET", path, headers: [("Authorization", "Bearer \(unknown)"), ("Accept", "*/*")]
        )
    }

    @Test("Unknown tokens are counted together, be they shown to a command, a stream or a socket")
    func tokens() async throws {
        let flags = ["limits.enabled": "true", "guesses.tokens.burst": "6", "guesses.tokens.perHour": "1"]
        try await RunningGateway.with(flags: flags) { gateway in
            let socket = try await SocketClient.connect(port: gateway.port)
            let attach = #"{"id":"a","cmd":"session.attach","input":{"token":"\#(Self.unknown)"}}"#
            for _ in 0..<2 {
                #expect(try await Self.get("/v1/wallet", at: gateway.port).status == 401)
                #expect(try await Self.get("/v1/feeds/seats", at: gateway.port).status == 401)
                try await socket.send(attach)
                #expect(try await socket.text(containing: #""id":"a""#).contains(#""code":"not_signed_in""#))
            }
            for path in ["/v1/wallet", "/v1/feeds/seats"] {
                let refused = try await Self.get(path, at: gateway.port)
                #expect(refused.status == 429)
                #expect(refused.text.contains("too_many_guesses"))
                let seconds = try #require(Int(refused["retry-after"] ?? ""))
                #expect((3000...3600).contains(seconds))
            }
            try await socket.send(attach)
            #expect(try await socket.text(containing: #""id":"a""#).contains(#""code":"too_many_guesses""#))
            // A socket whose upgrade carries the token is told to try again later, and not that the session is over.
            let upgraded = try await SocketClient.connect(
                port: gateway.port, headers: [("Authorization", "Bearer \(Self.unknown)")]
            )
            #expect(try await upgraded.closeCode() == 1013)
        }
    }

    @Test("Without limits guesses are not bounded either")
    func off() async throws {
        let flags = ["limits.enabled": "false", "guesses.tokens.burst": "1", "guesses.account.burst": "1"]
        try await RunningGateway.with(flags: flags) { gateway in
            for _ in 0..<5 {
                let answer = try await Self.get("/v1/wallet", at: gateway.port)
                #expect(answer.status == 401)
                let input = #"{"email":"rider1@demo.test","password":"not the password"}"#
                let reply = try await gateway.core.bus.send("session.open", input)
                #expect(reply.code == "invalid_credentials")
            }
        }
    }
}

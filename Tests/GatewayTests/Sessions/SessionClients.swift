import CommandBus
import Foundation
import Support
import Testing

/// What the tests of sessions do at the doors of a server.
extension RunningGateway {
    static func bearer(_ token: String) -> [(String, String)] { [("Authorization", "Bearer \(token)")] }

    /// The code of the problem that a token is answered with; empty if it is good.
    func code(of token: String) async throws -> String {
        let response = try await HTTPTestClient.once(
            port: port, "GET", "/v1/sessions/current", headers: Self.bearer(token)
        )
        return response.text.firstMatch(of: /"code":"([a-z_]+)"/).map { String($0.1) } ?? ""
    }

    /// A socket, whatever becomes of it.
    func connect(_ token: String) async throws -> SocketClient {
        try await SocketClient.connect(port: port, headers: Self.bearer(token))
    }

    /// A socket that has been greeted.
    func socket(_ token: String) async throws -> SocketClient {
        let client = try await connect(token)
        _ = try await client.text(containing: "hello")
        return client
    }
}

extension SocketClient {
    /// Asks for its session.
    func show(_ id: Int) async throws -> String {
        try await send(#"{"id":"\#(id)","cmd":"session.show"}"#)
        return try await text(containing: #""id":"\#(id)""#)
    }

    /// Follows the seats of a departure.
    func follow(_ departure: DepartureID) async throws {
        try await send(#"{"id":"seats","sub":"seats","filter":{"departure":"\#(departure)"}}"#)
        #expect(try await text(containing: #""id":"seats""#).contains(#""status":200"#))
        _ = try await text(containing: #""event":"snapshot""#)
    }

    /// Waits for a change of what it follows.
    func change() async throws {
        _ = try await text(containing: #""event":"change""#)
    }

    /// How many texts have come that nobody has asked for.
    var unread: Int { waiting { if case .text = $0 { true } else { false } } }
}

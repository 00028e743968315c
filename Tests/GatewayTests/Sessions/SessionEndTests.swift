import Booking
import CommandBus
import Foundation
import Support
import Testing

@testable import Auth
@testable import Gateway

@Suite("What hangs on a session ends with it", .serialized)
struct SessionEndTests {
    /// What ends a rider's session, by the commands that do.
    enum Ending: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case suspension = "a developer suspends the rider"
        case passwordReset = "the rider sets a new password"
        case newSignIn = "the rider signs in on another device"

        var testDescription: String { rawValue }
        var reason: String { self == .newSignIn ? "replaced" : "revoked" }
    }

    @Test(
        "Socket, streams and token, with the reason, however it ends; those of others go on", .timeLimit(.minutes(2)),
        arguments: Ending.allCases
    )
    func ends(ending: Ending) async throws {
        try await RunningGateway.with { gateway in
            let scene = AccountScene(gateway: gateway)
            let departure = try #require(try await scene.departures(1).first)
            let (rider, other) = (AccountScene.email(1), AccountScene.email(2))
            let theirs = try await Screens.open(try scene.token(rider), departure.id, gateway)
            let others = try await Screens.open(try scene.token(other), departure.id, gateway)
            defer { for screens in [theirs, others] { screens.close() } }
            #expect(try await scene.book(departure, as: AccountScene.email(3)).status == 201)
            for screens in [theirs, others] { try await screens.expectChange() }

            switch ending {
            case .suspension: try await suspend(rider, scene)
            case .passwordReset: try await resetPassword(of: rider, gateway)
            case .newSignIn: try await signIn(rider, gateway)
            }
            #expect(try await gateway.code(of: try scene.token(rider)) == "session_\(ending.reason)")
            #expect(try await scene.book(departure, as: AccountScene.email(4)).status == 201)
            try await theirs.expectEnd(ending)
            // The control: nothing of it is the server's end, or that of the feed.
            try await others.expectChange()
            #expect(try await gateway.code(of: try scene.token(other)) == "")
        }
    }

    // MARK: - How it ends

    private func suspend(_ rider: String, _ scene: AccountScene) async throws {
        let input = ["id": try await scene.account(rider).id.raw, "reason": "Lent the account to others"]
        #expect(try await scene.send("riders.suspend", input, as: "developer@demo.test").status == 200)
    }

    private func resetPassword(of rider: String, _ gateway: RunningGateway) async throws {
        let challenge = try await send("password.reset.start", ["email": rider], gateway)
            .output(StartPasswordReset.Output.self).challenge
        let answer = ["challenge": challenge, "code": try await code(to: rider, gateway)]
        let right = try await send("password.reset.verify", answer, gateway).output(VerifyPasswordReset.Output.self).reset
        let fresh = ["reset": right, "password": "nine trams at dusk"]
        #expect(try await send("password.reset.complete", fresh, gateway).status == 200)
    }

    private func signIn(_ rider: String, _ gateway: RunningGateway) async throws {
        let credentials = ["email": rider, "password": DemoAccounts.password]
        let challenge = try await send("session.open", credentials, gateway).output(SessionView.self).challenge
        let answer = ["challenge": try #require(challenge), "code": try await code(to: rider, gateway)]
        #expect(try await send("session.verify", answer, gateway).output(SessionView.self).token != nil)
    }

    /// Sends a command as nobody.
    private func send(
        _ command: String, _ input: [String: String], _ gateway: RunningGateway
    ) async throws -> CommandReply {
        try await gateway.core.bus.send(command, String(decoding: try WireJSON.encode(input), as: UTF8.self))
    }

    /// The code in the newest letter to an address.
    private func code(to email: String, _ gateway: RunningGateway) async throws -> String {
        let letters = try await gateway.kept.rows(of: "mail_outbox") { $0.text("recipient") == email }
        let code = letters.last?.text("body")?.firstMatch(of: /\b[0-9]{8}\b/).map { String($0.output) }
        return try #require(code, "no code was sent to \(email)")
    }
}

/// Where a rider follows the seats of one departure: on a socket, on a stream opened with the token, and on one opened with
/// a ticket.
private struct Screens: Sendable {
    private let socket: SocketClient
    private let streams: [SSETestStream]
    private let readers: [HTTPTestClient]

    static func open(_ token: String, _ departure: DepartureID, _ gateway: RunningGateway) async throws -> Screens {
        let socket = try await gateway.socket(token)
        try await socket.follow(departure)
        let ticket = try await gateway.core.bus.send("feeds.ticket", as: token).output(IssueFeedTicket.Output.self).ticket
        let target = "/v1/feeds/seats?departure=\(departure)"
        let openings: [(target: String, headers: [(String, String)])] = [
            (target, RunningGateway.bearer(token)), (target + "&ticket=\(ticket)", []),
        ]
        var (streams, readers): ([SSETestStream], [HTTPTestClient]) = ([], [])
        for (target, headers) in openings {
            let reader = try await HTTPTestClient.connect(port: gateway.port, seconds: 30)
            readers.append(reader)
            streams.append(try await reader.stream(target, headers: headers))
        }
        for stream in streams { #expect(try await stream.next()?.event == "snapshot") }
        return Screens(socket: socket, streams: streams, readers: readers)
    }

    func expectChange() async throws {
        try await socket.change()
        for stream in streams { #expect(try await stream.next()?.event == "change") }
    }

    /// All say why, and nothing else.
    func expectEnd(_ ending: SessionEndTests.Ending) async throws {
        #expect(try await socket.close() == (4101, "the session was \(ending.reason)"))
        try await socket.ended()
        #expect(socket.unread == 0)
        for stream in streams {
            let rest = try await stream.rest()
            #expect(rest.map(\.event) == ["bye"])
            #expect(rest.first?.data?.contains("session_\(ending.reason)") == true)
        }
    }

    func close() {
        socket.drop()
        for reader in readers { reader.close() }
    }
}

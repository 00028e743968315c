import CommandBus
import Foundation
import Support
import Testing

@testable import Gateway

/// Every command of the table, used well and in every way wrong, over both transports: the same status and the same bytes.
///
/// Two servers that are alike in data, clock and randomness take the same cases in the same order, one over REST and one
/// over sockets.
@Suite(.serialized)
struct ParityTests {
    @Test(.timeLimit(.minutes(5)))
    func everyCommandAnswersAlikeOnBothTransports() async throws {
        try await RunningGateway.with(seed: 42) { rest in
            try await RunningGateway.with(seed: 42) { socket in
                let table = rest.core.bus.table
                let cases = ParityCases(table: table, scenario: try await ParityScenario.cases(rest)).all()
                let (byREST, bySocket) = (RESTCaller(gateway: rest), SocketCaller(gateway: socket))
                var memory = ParityMemory(rest, socket)
                for parity in cases {
                    let parity = try await memory.filled(parity)
                    let entry = try #require(table[parity.command], "\(parity.command) is in the table")
                    let token = memory.token(of: parity.account)
                    let left = try await byREST.send(parity, entry, token: token)
                    let right = try await bySocket.send(parity, entry, token: token)
                    #expect(left == right, "\(parity)")
                    if let status = parity.status { #expect(left.status == status, "\(parity): \(left.body)") }
                    try memory.keep(parity, left)
                }
                #expect(cases.count > table.entries.count * 3)
            }
        }
    }

    @Test
    func noCommandIsLeftOut() async throws {
        try await RunningGateway.with { gateway in
            let used = Set(try await ParityScenario.cases(gateway).filter { ($0.status ?? 500) < 300 }.map(\.command))
            let all = Set(gateway.core.bus.table.entries.map(\.name))
            #expect(all.subtracting(used) == [])
        }
    }

    /// What is too big for a transport is refused by it, before there is a command: in each one's own way.
    @Test
    func whatIsTooBigForATransportIsRefusedByIt() async throws {
        try await RunningGateway.with { gateway in
            let huge = #"{"email":"\#(String(repeating: "x", count: 70_000))"}"#
            let response = try await HTTPTestClient.once(
                port: gateway.port, "POST", "/v1/registrations", headers: [("Content-Type", "application/json")],
                body: Data(huge.utf8)
            )
            #expect(response.status == 413)
            #expect(response.text.contains(#""code":"too_large""#))
            let socket = try await SocketClient.connect(port: gateway.port)
            try await socket.send(#"{"id":"1","cmd":"registration.start","input":\#(huge)}"#)
            #expect(try await socket.closeCode() == 1009)
        }
    }

    /// A token that is no good is refused alike: with each request, or when it is attached to a socket.
    @Test
    func aTokenThatIsNoGoodIsRefusedAlike() async throws {
        try await RunningGateway.with { gateway in
            let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let response = try await HTTPTestClient.once(
                port: gateway.port, "GET", "/v1/wallet",
                headers: [("Authorization", "Bearer nobody-knows-this"), ("traceparent", parent)]
            )
            let socket = try await SocketClient.connect(port: gateway.port)
            try await socket.send(
                #"{"id":"1","cmd":"session.attach","trace":"\#(parent)","input":{"token":"nobody-knows-this"}}"#
            )
            let frame = try await socket.text(containing: #""id":"1""#)
            #expect(response.status == 401)
            #expect(frame.contains(response.text))
        }
    }
}

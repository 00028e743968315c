import CommandBus
import Foundation
import NIOWebSocket
import Support
import Testing

@testable import WSTransport

@Suite struct ClosingTests {
    private func code(_ send: @escaping @Sendable (SocketClient) async throws -> Void) async throws -> Int {
        var code = 0
        try await TestServer.run { server in
            let client = try await server.connect()
            try await send(client)
            code = try await client.closeCode()
            try await client.ended()
        }
        return code
    }

    @Test func whatBreaksTheProtocolEndsTheConnection() async throws {
        #expect(try await code { try await $0.send(.text, [123, 125], masked: false) } == 1002)
        #expect(try await code { try await $0.send(.text, [123, 125], reserved: true) } == 1002)
        #expect(try await code { try await $0.send(.continuation, [123, 125]) } == 1002)
        #expect(try await code { try await $0.send(.ping, [], fin: false) } == 1002)
        #expect(try await code { try await $0.send(raw: [0x83]) } == 1002)
        #expect(try await code { try await $0.send(.text, [0xC3, 0x28]) } == 1007)
        #expect(try await code { try await $0.send(.text, [UInt8](repeating: 32, count: 16_385)) } == 1009)
        // Told by the header alone.
        #expect(try await code { try await $0.send(raw: [0x82, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0]) } == 1009)
    }

    @Test func aCloseIsAnsweredInKind() async throws {
        #expect(try await code { try await $0.send(close: 1000) } == 1000)
        #expect(try await code { try await $0.send(close: 4321) } == 4321)
        #expect(try await code { try await $0.send(close: nil) } == 1005)
        #expect(try await code { try await $0.send(close: 1005) } == 1002)
    }

    @Test func theLargestFrameIsTaken() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            let frame = #"{"id":"1","cmd":"test.echo","input":{"text":"x"}}"#
            try await client.send(frame + String(repeating: " ", count: 16_384 - frame.utf8.count))
            #expect(try await client.text().contains(#""status":200"#))
        }
    }

    @Test func aStopLetsCommandsFinishAndSaysWhenToComeBack() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(#"{"id":"1","cmd":"test.hold"}"#)
            try await server.parts.latch.arrivals(1)
            async let stopped: Void = server.stop()
            // Told by the refusal of what comes after it.
            var refusal = ""
            for number in 2... {
                try await client.send(#"{"id":"\#(number)","cmd":"test.echo","input":{"text":"x"}}"#)
                refusal = try await client.text()
                if refusal.contains("503") { break }
            }
            #expect(refusal.contains(#""problem":{"code":"stopping""#))
            server.parts.latch.open()
            #expect(try await client.text() == #"{"id":"1","status":204}"#)
            let bye = try await client.text()
            let retry = try #require(Int(bye.dropFirst(#"{"bye":{"reason":"drain","retry_ms":"#.count).dropLast(2)))
            #expect(bye == #"{"bye":{"reason":"drain","retry_ms":\#(retry)}}"#)
            #expect((500...600).contains(retry))
            let close = try await client.close()
            #expect(close.code == 1012)
            #expect(close.reason == "drain;retry=\(retry)")
            try await client.ended()
            await stopped
        }
    }

    @Test func aStopWaitsForCommandsButNotForEver() async throws {
        try await TestServer.run {
            $0.finishLimit = .milliseconds(50)
        } _: { server in
            let client = try await server.connect()
            try await client.send(#"{"id":"1","cmd":"test.hold"}"#)
            try await server.parts.latch.arrivals(1)
            await server.stop()
            #expect(try await client.closeCode() == 1012)
        }
    }

    @Test func anOldConnectionIsToldToComeAgain() async throws {
        try await TestServer.run {
            $0.maxAge = .milliseconds(300)
        } _: { server in
            let client = try await server.connect()
            #expect(try await client.text().hasPrefix(#"{"bye":{"reason":"age","retry_ms":"#))
            #expect(try await client.closeCode() == 1001)
        }
    }

    @Test func thereIsAHeartbeat() async throws {
        try await TestServer.run {
            $0.heartbeat = .milliseconds(50)
            $0.silenceLimit = .milliseconds(1500)
        } _: { server in
            let client = try await server.connect()
            // For longer than the silence that is allowed.
            for _ in 0..<40 { _ = try await client.next("a ping") { if case .ping = $0 { () } else { nil } } }
            try await client.send(#"{"id":"1","cmd":"test.echo","input":{"text":"alive"}}"#)
            #expect(try await client.text().contains("alive"))
        }
    }

    @Test func aDeadClientIsClosed() async throws {
        try await TestServer.run {
            $0.heartbeat = .milliseconds(40)
            $0.silenceLimit = .milliseconds(150)
            $0.closeLimit = .milliseconds(100)
        } _: { server in
            let client = try await SocketClient.connect(port: server.port, answersPings: false)
            #expect(try await client.closeCode() == 4201)
            // It does not answer the close frame either.
            try await client.ended()
        }
    }

    @Test func connectionsAreCounted() async throws {
        try await TestServer.run {
            $0.maxConnectionsPerAddress = 2
            $0.maxConnectionsPerAccount = 1
        } _: { server in
            let first = try await server.connect(token: "rider")
            try await first.send(#"{"id":"1","cmd":"test.whoami"}"#)
            #expect(try await first.text().contains("a_rider"))
            let second = try await server.connect()
            try await second.send(#"{"id":"1","cmd":"session.attach","input":{"token":"rider"}}"#)
            #expect(try await second.text().hasPrefix(#"{"id":"1","status":429,"problem":{"code":"too_many_connections""#))
            #expect(try await second.closeCode() == 4301)
            try await second.ended()
            try await eventually("the second to be gone") { server.transport.census.count == 1 }
            _ = try await server.connect()
            let third = try await SocketClient.connect(port: server.port)
            #expect(try await third.closeCode() == 4301)
            first.drop()
            try await eventually("the first to be gone") { server.transport.census.count == 1 }
            let again = try await server.connect(token: "rider")
            try await again.send(#"{"id":"1","cmd":"test.whoami"}"#)
            #expect(try await again.text().contains("a_rider"))
        }
    }

    @Test func aFullServerSaysSo() async throws {
        try await TestServer.run {
            $0.maxConnections = 1
        } _: { server in
            let first = try await server.connect()
            let second = try await SocketClient.connect(port: server.port)
            #expect(try await second.closeCode() == 1013)
            try await first.send(.ping)
            _ = try await first.next("a pong") { if case .pong = $0 { () } else { nil } }
        }
    }
}

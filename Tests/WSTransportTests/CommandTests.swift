import CommandBus
import Foundation
import NIOWebSocket
import Support
import Testing

@testable import WSTransport

@Suite struct CommandTests {
    @Test func aCommandIsAnsweredUnderItsID() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(#"{"id":"7","cmd":"test.echo","input":{"text":"hé\"llo/"}}"#)
            #expect(try await client.text() == #"{"id":"7","status":200,"output":{"text":"hé\"llo/"}}"#)
            try await client.send(#"{"id":"a\u0022b","cmd":"test.echo","input":{"text":"x"}}"#)
            #expect(try await client.text() == #"{"id":"a\u0022b","status":200,"output":{"text":"x"}}"#)
        }
    }

    @Test func aReplyWithoutOutput() async throws {
        try await TestServer.run { server in
            server.parts.latch.open()
            let client = try await server.connect()
            try await client.send(#"{"id":"1","cmd":"test.hold"}"#)
            #expect(try await client.text() == #"{"id":"1","status":204}"#)
        }
    }

    /// A problem has the same members on both transports, but for its trace the same bytes.
    @Test func aProblemIsTheBusesOwn() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
            try await client.send(
                #"{"id":"1","cmd":"test.echo","input":{"txt":1},"trace":"00-\#(trace)-00f067aa0ba902b7-01"}"#
            )
            let direct = try await server.bus.send("test.echo", #"{"txt":1}"#, trace: trace)
            #expect(try await client.text() == #"{"id":"1","status":422,"problem":\#(direct.text)}"#)
            try await client.send(#"{"id":"1","cmd":"test.echo","input":{"text":tru}}"#)
            let malformed = try await client.text()
            #expect(malformed.hasPrefix(#"{"id":"1","status":400,"problem":{"code":"malformed_json""#))
            try await client.send(#"{"id":"2","cmd":"test.break"}"#)
            let broken = try await client.text()
            #expect(broken.hasPrefix(#"{"id":"2","status":500,"problem":{"code":"internal_error""#))
            #expect(!broken.contains("Breakage"))
            server.parts.maintenance.set(MaintenanceState(on: true, reason: "New tyres.", since: nil))
            try await client.send(#"{"id":"3","cmd":"test.echo","input":{"text":"x"}}"#)
            let shut = try await client.text()
            #expect(shut.contains(#""status":503,"problem":{"code":"maintenance","detail":"New tyres.""#))
            #expect(shut.hasSuffix(#","retry_after":60}"#))
        }
    }

    @Test func aKeyHasOneEffect() async throws {
        try await TestServer.run { server in
            let client = try await server.connect(token: "rider")
            let put = #""cmd":"test.put","key":"k1","input":{"thing":"bus_1","state":5}}"#
            try await client.send(#"{"id":"1",\#(put)"#)
            #expect(try await client.text() == #"{"id":"1","status":201,"output":{"count":1},"at":"t1.1"}"#)
            try await client.send(#"{"id":"2",\#(put)"#)
            #expect(try await client.text() == #"{"id":"2","status":201,"output":{"count":1},"replayed":true}"#)
            try await client.send(#"{"id":"3","cmd":"test.put","input":{"thing":"bus_1","state":5}}"#)
            #expect(try await client.text().contains(#""status":400,"problem":{"code":"idempotency_key_required""#))
        }
    }

    @Test func anUnknownCommandIsAnsweredAtOnce() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(#"{"id":"1","cmd":"no.such"}"#)
            let reply = try await client.text()
            #expect(reply.hasPrefix(#"{"id":"1","status":404,"problem":{"code":"unknown_command""#))
        }
    }

    @Test func aFrameThatIsNoneIsAnsweredAndTheConnectionLives() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            for bad in ["", "nonsense", "[]", #"{"cmd":"test.echo"}"#, #"{"id":5,"cmd":"test.echo"}"#] {
                try await client.send(bad)
                #expect(try await client.text().hasPrefix(#"{"status":400,"problem":{"code":"malformed_frame""#))
            }
            try await client.send(binary: [1, 2, 3])
            #expect(try await client.text().hasPrefix(#"{"status":400,"problem":{"code":"malformed_frame""#))
            try await client.send(#"{"id":"1","cmd":"test.echo","inptu":{}}"#)
            let unknown = try await client.text()
            #expect(unknown.hasPrefix(#"{"id":"1","status":400,"#))
            #expect(unknown.contains("'inptu'"))
            try await client.send(#"{"id":"2","cmd":"test.echo","input":{"text":"alive"}}"#)
            #expect(try await client.text().contains("alive"))
        }
    }

    @Test func eightAreAtWorkAtOnce() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(all: (1...9).map { #"{"id":"\#($0)","cmd":"test.hold"}"# })
            let ninth = try await client.text()
            #expect(ninth.hasPrefix(#"{"id":"9","status":429,"problem":{"code":"too_many_at_once""#))
            #expect(ninth.hasSuffix(#","retry_after":1}"#))
            try await server.parts.latch.arrivals(8)
            // The socket is not held up by them: pings, unknown commands and refusals are answered.
            try await client.send(.ping, Array("still?".utf8))
            _ = try await client.next("a pong") { if case .pong("still?") = $0 { () } else { nil } }
            try await client.send(#"{"id":"3","cmd":"test.echo","input":{"text":"x"}}"#)
            #expect(try await client.text().hasPrefix(#"{"id":"3","status":409,"problem":{"code":"duplicate_id""#))
            server.parts.latch.open()
            var ids: Set<String> = []
            for _ in 1...8 { ids.insert(try await client.text()) }
            #expect(ids == Set((1...8).map { #"{"id":"\#($0)","status":204}"# }))
            try await client.send(#"{"id":"3","cmd":"test.echo","input":{"text":"again"}}"#)
            #expect(try await client.text().contains("again"))
        }
    }

    @Test func everyFrameGetsExactlyOneReply() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(all: (0..<500).map { #"{"id":"\#($0)","cmd":"test.echo","input":{"text":"x"}}"# })
            var replies: [String: Int] = [:]
            for _ in 0..<500 {
                let reply = try await client.text()
                let id = try #require(reply.split(separator: "\"").dropFirst(3).first)
                replies[String(id), default: 0] += 1
            }
            #expect(replies.count == 500)
            try await client.send(#"{"id":"end","cmd":"no.such"}"#)
            #expect(try await client.text().contains(#""id":"end""#))
        }
    }

    @Test func aMessageInPiecesIsOneFrame() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(.text, Array(#"{"id":"1","cmd":"te"#.utf8), fin: false)
            try await client.send(.ping)
            try await client.send(.continuation, Array(#"st.echo","input":"#.utf8), fin: false)
            try await client.send(.continuation, Array(#"{"text":"in pieces"}}"#.utf8))
            #expect(try await client.text().contains("in pieces"))
        }
    }

    @Test func aBigReplyIsWhole() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(#"{"id":"1","cmd":"test.recite","input":{"length":3000000}}"#)
            #expect(try await client.text().utf8.count > 3_000_000)
        }
    }

    @Test func whoGoesOnWithWhatIsRefusedIsSentAway() async throws {
        try await TestServer.run {
            $0.maxRefusals = 20
        } _: { server in
            let client = try await server.connect()
            try await client.send(all: [String](repeating: "nonsense", count: 30))
            #expect(try await client.closeCode() == 4300)
        }
    }
}

import CommandBus
import Foundation
import Support
import Testing

@testable import WSTransport

@Suite struct StreamTests {
    @Test func theReplyComesBeforeTheEvents() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(#"{"id":"9","sub":"things","filter":{"thing":"bus_1"}}"#)
            #expect(
                try await client.text() == #"{"id":"9","status":200,"output":{"at":"t1.0","mode":"snapshot","stream":1}}"#
            )
            #expect(
                try await client.text()
                    == #"{"stream":1,"event":"snapshot","at":"t1.0","data":[{"filling":"","state":0,"thing":"bus_1"}]}"#
            )
            try server.publish("bus_2", 1)
            try server.publish("bus_1", 2)
            #expect(
                try await client.text()
                    == #"{"stream":1,"event":"change","at":"t1.2","data":{"filling":"","state":2,"thing":"bus_1"}}"#
            )
            try await client.send(#"{"id":"10","unsub":1}"#)
            #expect(try await client.text() == #"{"id":"10","status":200,"output":{"stream":1}}"#)
            #expect(server.bus.feeds.subscriberCount == 0)
            try await client.send(#"{"id":"11","unsub":1}"#)
            #expect(try await client.text().hasPrefix(#"{"id":"11","status":404,"problem":{"code":"not_found""#))
        }
    }

    @Test func aCursorResumes() async throws {
        try await TestServer.run { server in
            for state in 1...3 { try server.publish("bus_1", state) }
            let client = try await server.connect()
            try await client.send(#"{"id":"1","sub":"things","since":"t1.1"}"#)
            #expect(try await client.text().contains(#""mode":"resumed""#))
            #expect(try await client.text().contains(#""at":"t1.3","data":{"filling":"","state":3"#))
            try await client.send(#"{"id":"2","sub":"things","since":"t0.1"}"#)
            #expect(try await client.text().contains(#""mode":"snapshot","stream":2"#))
            #expect(try await client.text() == #"{"stream":2,"event":"gap","at":"t1.3","data":{"reason":"other_epoch"}}"#)
            #expect(try await client.text().contains(#""event":"snapshot""#))
        }
    }

    @Test func refusedSubscriptions() async throws {
        try await TestServer.run {
            $0.maxSubscriptions = 2
        } _: { server in
            let client = try await server.connect()
            let cases = [
                (#""sub":"nothing""#, "404", "unknown_topic"), (#""sub":"secrets""#, "401", "not_signed_in"),
                (#""sub":"things","filter":{"colour":"red"}"#, "422", "invalid_input"),
                (#""sub":"things","since":"nonsense""#, "422", "invalid_input"),
            ]
            for (body, status, code) in cases {
                try await client.send(#"{"id":"1",\#(body)}"#)
                #expect(try await client.text().hasPrefix(#"{"id":"1","status":\#(status),"problem":{"code":"\#(code)""#))
            }
            // What was refused has taken no place.
            try await client.send(all: (1...3).map { #"{"id":"\#($0)","sub":"things"}"# })
            _ = try await client.text(containing: #"{"id":"1","status":200"#)
            _ = try await client.text(containing: #"{"id":"2","status":200"#)
            _ = try await client.text(containing: #"{"id":"3","status":429,"problem":{"code":"too_many_subscriptions""#)
        }
    }

    @Test func beginningAgainAndAgainIsLimited() async throws {
        try await TestServer.run {
            $0.maxOpenings = 3
        } _: { server in
            let client = try await server.connect()
            for number in 1...3 {
                try await client.send(#"{"id":"\#(number)","sub":"things"}"#)
                _ = try await client.text(containing: #"{"id":"\#(number)","status":200"#)
            }
            try await client.send(#"{"id":"4","sub":"things"}"#)
            _ = try await client.text(containing: #"{"id":"4","status":429,"problem":{"code":"too_many_requests""#)
        }
    }

    @Test func aSocketThatGoesLeavesNoSubscription() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            try await client.send(all: (1...5).map { #"{"id":"\#($0)","sub":"things"}"# })
            for number in 1...5 { _ = try await client.text(containing: #""id":"\#(number)""#) }
            #expect(server.bus.feeds.subscriberCount == 5)
            client.drop()
            try await eventually("no subscription to be left") { server.bus.feeds.subscriberCount == 0 }
        }
    }

    /// A reader that stops gets the last state of each thing when it goes on, and not all that it missed.
    @Test func aSlowReaderIsConflated() async throws {
        try await TestServer.run {
            $0.unsentLimit = 4096
        } _: { server in
            let slow = try await SocketClient.connect(port: server.port, receiveBuffer: 4096)
            let quick = try await server.connect()
            for client in [slow, quick] {
                try await client.send(#"{"id":"1","sub":"things"}"#)
                _ = try await client.text(containing: "snapshot")
            }
            try await slow.stopReading()
            let filling = String(repeating: "x", count: 4000)
            let last = 3000
            for state in 1...last { try server.publish("bus_\(state % 3)", state, filling: filling) }
            // Nobody else waits for it.
            _ = try await quick.text(containing: #""at":"t1.\#(last)""#)
            try await slow.startReading()
            _ = try await slow.text(containing: #""at":"t1.\#(last)""#)
            for state in (last - 2)..<last { _ = try await slow.text(containing: #""at":"t1.\#(state)""#) }
            let rest = slow.waiting { if case .text = $0 { true } else { false } }
            #expect(rest < 500, "all but the first and the last states were left out")
        }
    }

    @Test func aReaderThatStandsStillIsClosed() async throws {
        try await TestServer.run {
            $0.unsentLimit = 4096
            $0.slowReaderLimit = .milliseconds(200)
        } _: { server in
            let slow = try await SocketClient.connect(port: server.port, receiveBuffer: 4096)
            try await slow.send(#"{"id":"1","sub":"things"}"#)
            _ = try await slow.text(containing: "snapshot")
            try await slow.stopReading()
            let filling = String(repeating: "x", count: 100_000)
            let publishing = Task {
                while !Task.isCancelled, server.bus.feeds.subscriberCount > 0 {
                    try server.publish("bus_1", 1, filling: filling)
                    await Task.yield()
                }
            }
            try await eventually("the slow reader to be gone") { server.transport.census.count == 0 }
            publishing.cancel()
            try await slow.startReading()
            try await slow.ended()
        }
    }

    @Test func aReaderThatWakesInTimeSeesWhyItWasClosed() async throws {
        try await TestServer.run {
            $0.unsentLimit = 4096
            $0.slowReaderLimit = .milliseconds(200)
            $0.closeLimit = .seconds(30)
            $0.heartbeat = .milliseconds(100)
        } _: { server in
            let slow = try await SocketClient.connect(port: server.port, receiveBuffer: 4096)
            try await slow.send(#"{"id":"1","cmd":"test.recite","input":{"length":3000000}}"#)
            try await slow.stopReading()
            // Six beats of the server's heart are more than the time that a slow reader has.
            let other = try await server.connect()
            for _ in 0..<6 { _ = try await other.next("a ping") { if case .ping = $0 { () } else { nil } } }
            try await slow.startReading()
            #expect(try await slow.closeCode() == 4200)
        }
    }
}

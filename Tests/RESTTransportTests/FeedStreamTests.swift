import CommandBus
import Foundation
import RESTTransport
import Support
import Testing

@Suite struct FeedStreamTests {
    private static let rider = [("Authorization", "Bearer rider")]

    struct Bye: Decodable {
        let reason: String
        let retryMilliseconds: Int?

        enum CodingKeys: String, CodingKey {
            case reason
            case retryMilliseconds = "retry_ms"
        }
    }

    @Test func aStreamBeginsWithARetryAndASnapshot() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            let stream = try await client.stream("/v1/feeds/shelves", headers: Self.rider)
            #expect(stream.head["cache-control"] == "no-store, no-transform")
            #expect(stream.head["x-accel-buffering"] == "no")
            #expect(stream.head["trace-id"]?.utf8.count == 32)
            let retry = try #require(try await stream.nextBlock()?.retry)
            #expect((2000...8000).contains(retry))
            let snapshot = try #require(try await stream.next())
            #expect(snapshot.event == "snapshot")
            #expect(snapshot.id == "t1.0")
            #expect(snapshot.data == #"{"shelves":[]}"#)
            let position = try server.publish(shelf: "bus_1", "lamp")
            let change = try #require(try await stream.next())
            #expect(change.event == "change")
            #expect(change.id == position.description)
            #expect(change.data == #"{"content":"lamp","shelf":"bus_1"}"#)
        }
    }

    @Test func aCommandIsSeenAtThePositionItsReplyNamed() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            let stream = try await client.stream("/v1/feeds/shelves", headers: Self.rider)
            _ = try await stream.next()
            let reply = try await server.send(
                "POST", "/v1/shelves/bus_1/things", token: "rider", json: #"{"name":"lamp","count":1}"#
            )
            #expect(try await stream.next()?.id == reply["feed-position"])
        }
    }

    @Test func aConnectionMayHaveServedOtherRequestsBefore() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            #expect(try await client.request("GET", "/v1/things/count").status == 200)
            let stream = try await client.stream("/v1/feeds/shelves", headers: Self.rider)
            #expect(try await stream.next()?.event == "snapshot")
            client.close()
            try await eventually("the subscription to end") { server.feeds.subscriberCount == 0 }
        }
    }

    @Test func aFilterNarrowsAStream() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            let stream = try await client.stream("/v1/feeds/shelves?shelf=bus_2", headers: Self.rider)
            _ = try await stream.next()
            try server.publish(shelf: "bus_1", "lamp")
            try server.publish(shelf: "bus_2", "chair")
            #expect(try await stream.next()?.data == #"{"content":"chair","shelf":"bus_2"}"#)
        }
    }

    @Test func aCursorResumesWhereverItStands() async throws {
        try await TestServer.run { server in
            for content in ["a", "b", "c"] { try server.publish(shelf: "bus_\(content)", content) }
            for (target, headers) in [
                ("/v1/feeds/shelves?since=t1.1", []),
                ("/v1/feeds/shelves", [("Last-Event-ID", "t1.1")]),
                // The header is newer than the address of the stream.
                ("/v1/feeds/shelves?since=t1.3", [("Last-Event-ID", "t1.1")]),
            ] {
                let client = try await server.connect()
                defer { client.close() }
                let stream = try await client.stream(target, headers: Self.rider + headers)
                #expect(try await stream.next()?.id == "t1.2")
                #expect(try await stream.next()?.id == "t1.3")
            }
        }
    }

    @Test func aCursorThatCanNotBeHonouredIsAGap() async throws {
        try await TestServer.run(windowSize: 2) { server in
            for content in ["a", "b", "c", "d"] { try server.publish(shelf: "bus_\(content)", content) }
            for (cursor, reason) in [("t1.1", "too_old"), ("t0.4", "other_epoch")] {
                let client = try await server.connect()
                defer { client.close() }
                let stream = try await client.stream("/v1/feeds/shelves?since=\(cursor)", headers: Self.rider)
                let gap = try #require(try await stream.next())
                #expect(gap.event == "gap")
                #expect(gap.data == #"{"reason":"\#(reason)"}"#)
                #expect(try await stream.next()?.event == "snapshot")
            }
        }
    }

    @Test(arguments: [
        ("/v1/feeds/nothing", "rider", 404, "unknown_topic"),
        ("/v1/feeds/shelves", nil, 401, "not_signed_in"),
        ("/v1/feeds/shelves", "nobody", 401, "not_signed_in"),
        ("/v1/feeds/public", "nobody", 401, "not_signed_in"),
        ("/v1/feeds/staff", "rider", 403, "not_allowed"),
        ("/v1/feeds/shelves?color=red", "rider", 422, "invalid_input"),
        ("/v1/feeds/shelves?shelf=a&shelf=b", "rider", 422, "invalid_input"),
        ("/v1/feeds/shelves?since=yesterday", "rider", 422, "invalid_input"),
        ("/v1/feeds/shelves?since=%zz", "rider", 400, "malformed_request"),
        ("/v1/feeds/shelves?ticket=x", nil, 401, "not_signed_in"),
    ])
    func aStreamThatCanNotBeIsAProblem(target: String, token: String?, status: Int, code: String) async throws {
        try await TestServer.run { server in
            let reply = try await server.send("GET", target, token: token)
            #expect(reply.status == status)
            #expect(reply["content-type"] == "application/problem+json")
            #expect(try reply.decode(ProblemBody.self).code == code)
            #expect(server.feeds.subscriberCount == 0)
        }
    }

    @Test func aFeedThatIsElsewhereSaysWhere() async throws {
        try await TestServer.run(transport: .websocket) { server in
            let reply = try await server.send("GET", "/v1/feeds/shelves", token: "rider")
            #expect(reply.status == 409)
            let problem = try reply.decode(ProblemBody.self)
            #expect(problem.code == "feed_elsewhere")
            #expect(problem.detail.contains("/v1/socket"))
            let shown = try await server.send("GET", "/v1/feeds/transport")
            #expect(shown.text == #"{"transport":"websocket"}"#)
        }
    }

    @Test func aHeartbeatComesThroughSilence() async throws {
        var configuration = RESTConfiguration()
        configuration.streams.heartbeat = .milliseconds(20)
        try await TestServer.run(configuration) { server in
            let client = try await server.connect()
            defer { client.close() }
            let stream = try await client.stream("/v1/feeds/public")
            var beats = 0
            while beats < 3, let block = try await stream.nextBlock() { beats += block.comments.count }
            #expect(beats == 3)
        }
    }

    @Test func aReaderThatGoesIsNoticedAtOnce() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            let stream = try await client.stream("/v1/feeds/shelves", headers: Self.rider)
            _ = try await stream.next()
            #expect(server.feeds.subscriberCount == 1)
            client.close()
            try await eventually("the subscription to end") { server.feeds.subscriberCount == 0 }
        }
    }

    @Test func aSessionThatIsReplacedEndsItsStreams() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            let stream = try await client.stream("/v1/feeds/shelves", headers: Self.rider)
            _ = try await stream.next()
            try await server.replaceSession(of: "rider")
            try server.publish(shelf: "bus_1", "secret")
            let bye = try #require(try await stream.next())
            #expect(bye.event == "bye")
            #expect(bye.id == nil)
            #expect(try bye.decode(Bye.self).reason == "session_replaced")
            #expect(try await stream.next() == nil)
            #expect(try await client.receiveAll().isEmpty)
            try await eventually("the subscription to end") { server.feeds.subscriberCount == 0 }
        }
    }

    @Test func aSessionThatExpiresEndsItsStreams() async throws {
        try await TestServer.run { server in
            server.accounts.expire("rider", at: server.clock.now().adding(milliseconds: 50))
            let client = try await server.connect()
            defer { client.close() }
            let stream = try await client.stream("/v1/feeds/shelves", headers: Self.rider)
            let events = try await stream.rest()
            #expect(events.last?.event == "bye")
            #expect(events.last?.data == #"{"reason":"session_expired"}"#)
        }
    }

    @Test func anOldStreamIsAskedToComeBack() async throws {
        var configuration = RESTConfiguration()
        configuration.streams.maxAge = .milliseconds(50)
        try await TestServer.run(configuration) { server in
            let client = try await server.connect()
            defer { client.close() }
            let bye = try #require(try await client.stream("/v1/feeds/public").rest().last)
            #expect(bye.event == "bye")
            #expect(try bye.decode(Bye.self).reason == "age")
            #expect(try bye.decode(Bye.self).retryMilliseconds == bye.retry)
        }
    }

    @Test func aStopDrainsTheStreams() async throws {
        try await TestServer.run { server in
            var streams: [SSETestStream] = []
            for _ in 0..<5 {
                streams.append(try await server.connect().stream("/v1/feeds/public"))
            }
            for stream in streams { _ = try await stream.next() }
            await server.stop()
            for stream in streams {
                let bye = try #require(try await stream.next())
                #expect(bye.event == "bye")
                let content = try bye.decode(Bye.self)
                #expect(content.reason == "drain")
                #expect((1000...15_000).contains(content.retryMilliseconds ?? 0))
                #expect(content.retryMilliseconds == bye.retry)
                #expect(try await stream.next() == nil)
            }
            #expect(server.feeds.subscriberCount == 0)
        }
    }

    @Test func aReaderThatDoesNotReadIsEndedAndHoldsNobodyUp() async throws {
        var configuration = RESTConfiguration()
        configuration.streams.heartbeat = .milliseconds(40)
        configuration.streams.slowLimit = .milliseconds(200)
        try await TestServer.run(configuration) { server in
            let slow = try await HTTPTestClient.connect(port: server.port, isReading: false, receiveBuffer: 4096)
            defer { slow.close() }
            try await slow.send("GET", "/v1/feeds/public")
            try await eventually("the subscription") { server.feeds.subscriberCount == 1 }
            let client = try await server.connect()
            defer { client.close() }
            let stream = try await client.stream("/v1/feeds/public?shelf=small")
            _ = try await stream.next()
            #expect(server.feeds.subscriberCount == 2)
            // More than the system's buffers take.
            let large = String(repeating: "x", count: 1 << 20)
            for index in 0..<24 { try server.publish("public", shelf: "large_\(index)", large) }
            try server.publish("public", shelf: "small", "still here")
            #expect(try await stream.next()?.data == #"{"content":"still here","shelf":"small"}"#)
            try await eventually("the slow reader to be ended") { server.feeds.subscriberCount == 1 }
            try server.publish("public", shelf: "small", "and on")
            #expect(try await stream.next()?.data == #"{"content":"and on","shelf":"small"}"#)
        }
    }

    @Test func nobodyHoldsMoreThanTheirShare() async throws {
        var configuration = RESTConfiguration()
        configuration.streams.maxPerAccount = 2
        try await TestServer.run(configuration) { server in
            let clients = [try await server.connect(), try await server.connect()]
            for client in clients { _ = try await client.stream("/v1/feeds/shelves", headers: Self.rider).next() }
            let refused = try await server.send("GET", "/v1/feeds/shelves", token: "rider")
            #expect(refused.status == 429)
            #expect(try refused.decode(ProblemBody.self).code == "too_many_subscriptions")
            clients[0].close()
            try await eventually("the place to be free") { server.feeds.subscriberCount == 1 }
            let client = try await server.connect()
            defer { client.close() }
            _ = try await client.stream("/v1/feeds/shelves", headers: Self.rider).next()
            clients[1].close()
        }
    }
}

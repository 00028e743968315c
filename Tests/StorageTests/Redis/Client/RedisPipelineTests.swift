import NIOCore
import Synchronization
import Testing

@testable import Storage

@Suite("What a connection knows of its commands")
struct RedisPipelineTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private var pipeline = RedisPipeline(heartbeat: .seconds(1), patience: .seconds(1), now: start)

    private static func request(_ count: Int = 1, in seconds: Int64 = 1) -> RedisRequest {
        RedisRequest(
            [[RedisArgument]](repeating: ["PING"], count: count), deadline: start + .seconds(seconds), answer: { _ in }
        )
    }

    /// Which request a reply answers, told by its number of commands.
    private static func answered(_ receipt: RedisPipeline.Receipt) -> (count: Int, replies: [RedisReply])? {
        guard case .answered(let request, let replies) = receipt else { return nil }
        return (request.count, replies)
    }

    @Test("Replies are matched in order, as many to a request as it has commands")
    mutating func order() throws {
        pipeline.send(Self.request(1))
        pipeline.send(Self.request(2))
        #expect(try #require(Self.answered(pipeline.receive(.integer(1)))) == (1, [.integer(1)]))
        guard case .noted = pipeline.receive(.error("ERR no")) else {
            Issue.record("the first of two replies ended their request")
            return
        }
        let last = try #require(Self.answered(pipeline.receive(.integer(3))))
        #expect(last == (2, [.error("ERR no"), .integer(3)]))
    }

    @Test("A reply that nobody asked for is seen")
    mutating func unasked() {
        guard case .unexpected = pipeline.receive(.status("OK")) else {
            Issue.record("it was taken for an answer")
            return
        }
    }

    @Test("An overdue answer means giving up: it would answer the next request")
    mutating func overdue() throws {
        pipeline.send(Self.request(1, in: 1))
        pipeline.send(Self.request(2, in: 2))
        #expect(pipeline.duty(now: Self.start) == .wait(until: Self.start + .seconds(1)))
        #expect(pipeline.duty(now: Self.start + .seconds(1)) == .giveUp)
        #expect(pipeline.end().map(\.count) == [1, 2])
        // The control: were the connection kept for newer requests, the late reply would be taken for theirs.
        pipeline.send(Self.request(1, in: 3))
        #expect(try #require(Self.answered(pipeline.receive(.bulk([1])))) == (1, [.bulk([1])]))
    }

    @Test("A silent connection is asked for a sign of life, and given up without one")
    mutating func heartbeat() {
        #expect(pipeline.duty(now: Self.start) == .wait(until: Self.start + .seconds(1)))
        pipeline.heard(now: Self.start + .milliseconds(500))
        #expect(pipeline.duty(now: Self.start + .seconds(1)) == .wait(until: Self.start + .milliseconds(1500)))
        let silent = Self.start + .milliseconds(1500)
        #expect(pipeline.duty(now: silent) == .ping)
        pipeline.sendPing(now: silent)
        #expect(pipeline.duty(now: silent) == .wait(until: silent + .seconds(1)))
        #expect(pipeline.duty(now: silent + .seconds(1)) == .giveUp)
        guard case .noted = pipeline.receive(.status("PONG")) else {
            Issue.record("the sign of life was taken for something else")
            return
        }
        #expect(pipeline.end().isEmpty)
    }

    @Test("A message answers nothing where messages come; elsewhere a list that looks like one is an answer")
    mutating func messages() throws {
        let reply = RedisReply.array(["message", "seats", "7"].map { .bulk(RedisTest.bytes($0)) })
        pipeline.send(Self.request())
        #expect(try #require(Self.answered(pipeline.receive(reply))) == (1, [reply]))

        var listening = RedisPipeline(isListening: true, heartbeat: .seconds(1), patience: .seconds(1), now: Self.start)
        listening.send(Self.request())
        guard case .message(let channel, let payload) = listening.receive(reply) else {
            Issue.record("the message was taken for an answer")
            return
        }
        #expect((channel, payload) == (RedisTest.bytes("seats"), RedisTest.bytes("7")))
        // In the subscribed state RESP2 answers a ping with an array.
        let pong = RedisReply.array([.bulk(RedisTest.bytes("pong")), .bulk([])])
        #expect(try #require(Self.answered(listening.receive(pong))) == (1, [pong]))
    }
}

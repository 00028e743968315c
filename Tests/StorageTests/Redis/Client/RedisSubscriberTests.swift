import Storage
import Support
import Testing

@Suite("Channels of a Redis server")
struct RedisSubscriberTests {
    private static func message(_ channel: String, _ text: String) -> RedisSubscriber.Event {
        .message(channel: channel, payload: RedisTest.bytes(text))
    }

    @Test("Messages of every channel come in their order, after it is said that they are listened to")
    func messages() async throws {
        try await RedisServer.with { server in
            try await RedisTest.with(server.subscriber(channels: ["seats", "ends"])) { events in
                #expect(try await events.next() == .listening(isFirst: true))
                try await RedisServer.running(server.client()) { client in
                    _ = try await client.send(all: [
                        ["PUBLISH", "seats", "1"], ["PUBLISH", "other", "x"], ["PUBLISH", "ends", .bytes([0, 255])],
                        ["PUBLISH", "seats", ""],
                    ])
                }
                #expect(try await events.next() == Self.message("seats", "1"))
                #expect(try await events.next() == .message(channel: "ends", payload: [0, 255]))
                #expect(try await events.next() == Self.message("seats", ""))
            }
        }
    }

    @Test("After a kill and a restart it listens again, and says what may have been missed")
    func restart() async throws {
        try await RedisServer.with { server in
            try await RedisTest.with(server.subscriber(channels: ["seats"])) { events in
                #expect(try await events.next() == .listening(isFirst: true))
                try await server.restart()
                #expect(try await events.next() == .lost)
                #expect(try await events.next() == .listening(isFirst: false))
                try await server.command(["PUBLISH", "seats", "after"])
                #expect(try await events.next() == Self.message("seats", "after"))
            }
        }
    }

    @Test("A connection that the server ends is made again")
    func killed() async throws {
        try await RedisServer.with { server in
            try await RedisTest.with(server.subscriber(channels: ["seats"])) { events in
                #expect(try await events.next() == .listening(isFirst: true))
                try await server.command(["CLIENT", "KILL", "TYPE", "pubsub"])
                #expect(try await events.next() == .lost)
                #expect(try await events.next() == .listening(isFirst: false))
            }
        }
    }

    @Test("A server that stands still is noticed within three seconds, although nothing was to be heard")
    func pause() async throws {
        try await RedisServer.with { server in
            try await RedisTest.with(server.subscriber(channels: ["seats"], RedisOptions())) { events in
                let first = try await events.next()
                #expect(first == .listening(isFirst: true))
                server.pause()
                #expect(try await events.next(seconds: 3.5) == .lost)
                server.resume()
                #expect(try await events.next() == .listening(isFirst: false))
            }
        }
    }

    @Test("A silent channel does not end the connection")
    func silence() async throws {
        try await RedisServer.with { server in
            var options = RedisServer.patient
            options.heartbeat = .milliseconds(20)
            try await RedisTest.with(server.subscriber(channels: ["seats"], options)) { events in
                #expect(try await events.next() == .listening(isFirst: true))
                try await RedisTest.eventuallyPinged(20, server)
                try await server.command(["PUBLISH", "seats", "still here"])
                #expect(try await events.next() == Self.message("seats", "still here"))
            }
        }
    }

    @Test("A consumer that is too slow is told that messages were dropped; the newest come")
    func slowConsumer() async throws {
        try await RedisServer.with { server in
            var options = RedisServer.patient
            options.maxBacklog = 10
            try await RedisTest.with(server.subscriber(channels: ["seats"], options)) { events in
                #expect(try await events.next() == .listening(isFirst: true))
                try await RedisServer.running(server.client()) { client in
                    _ = try await client.send(all: (0..<500).map { ["PUBLISH", "seats", .integer($0)] })
                }
                // Wherever it was dropped, what is told after the last word of it has no gap.
                var (numbers, drops, isListening) = ([Int](), 0, true)
                while numbers.last != 499 {
                    switch try await events.next() {
                    case .lost:
                        // Dropped once more before it could be told of the last time, perhaps.
                        drops += 1
                        numbers = []
                        isListening = false
                    case .listening(isFirst: false): isListening = true
                    case .message(_, let payload):
                        #expect(isListening, "what was lost is followed by word that messages come again")
                        numbers.append(try #require(Int(String(decoding: payload, as: UTF8.self))))
                    case .listening, nil:
                        Issue.record("neither a message nor a loss")
                        return
                    }
                }
                #expect(drops >= 1)
                #expect(numbers == Array((numbers.first ?? 0)...499))
            }
        }
    }

    @Test("A channel that the user may not listen to is told, and is not taken for listening")
    func forbidden() async throws {
        let book = LogBook()
        let options = RedisServer.Options(users: [(name: "few", password: "few-sesame", rules: "~* &own +@all")])
        try await RedisServer.with(options) { server in
            let url = server.url(user: "few", password: "few-sesame")
            let subscriber = try server.subscriber(url: url, channels: ["own", "seats"], logger: book.logger)
            try await RedisTest.with(subscriber) { events in
                try await RedisTest.eventually("the refusal to be told") { !book.lines.isEmpty }
                #expect(book.lines.first?.contains("SUBSCRIBE was refused: NOPERM") == true)
                await subscriber.close()
                #expect(try await events.next() == nil)
            }
        }
    }

    @Test("The events end with the subscriber")
    func end() async throws {
        try await RedisServer.with { server in
            let subscriber = try server.subscriber(channels: ["seats"])
            let events = RedisEvents(subscriber.events)
            let running = Task { await subscriber.run() }
            #expect(try await events.next() == .listening(isFirst: true))
            running.cancel()
            try await withDeadline(10) { await running.value }
            #expect(try await events.next() == .lost)
            #expect(try await events.next() == nil)
        }
    }
}

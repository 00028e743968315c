import Storage
import Support

/// What the tests of the Redis client share.
enum RedisTest {
    /// Waits for a condition that nobody announces.
    static func eventually(
        _ what: String, seconds: Double = 10, _ condition: @escaping @Sendable () async throws -> Bool
    ) async throws {
        try await withDeadline(seconds, what) {
            while try await !condition() { try await Task.sleep(for: .milliseconds(2)) }
        }
    }

    /// Waits until a server was asked for so many signs of life by others.
    static func eventuallyPinged(_ times: Int, _ server: RedisServer) async throws {
        try await RedisServer.running(server.client()) { observer in
            let pings = { @Sendable () async throws -> Int in
                let text = try await observer.send(["INFO", "commandstats"]).text ?? ""
                return text.firstMatch(of: /cmdstat_ping:calls=([0-9]+)/).flatMap { Int($0.1) } ?? 0
            }
            let before = try await pings()
            try await eventually("\(times) signs of life") { try await pings() >= before + times }
        }
    }

    /// Runs a subscriber for as long as `body` does.
    static func with(
        _ subscriber: RedisSubscriber, _ body: (RedisEvents) async throws -> Void
    ) async throws {
        let running = Task { await subscriber.run() }
        let events = RedisEvents(subscriber.events)
        do {
            try await body(events)
        } catch {
            await subscriber.close()
            await running.value
            throw error
        }
        await subscriber.close()
        await running.value
    }

    static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
}

/// The one consumer of a subscriber, which does not wait for ever.
struct RedisEvents: Sendable {
    private let box: Box

    init(_ events: AsyncStream<RedisSubscriber.Event>) {
        box = Box(events.makeAsyncIterator())
    }

    func next(seconds: Double = 10) async throws -> RedisSubscriber.Event? {
        try await withDeadline(seconds, "an event") { [box] in await box.next() }
    }

    /// `@unchecked Sendable`: a test takes one event after another.
    private final class Box: @unchecked Sendable {
        private var iterator: AsyncStream<RedisSubscriber.Event>.Iterator

        init(_ iterator: AsyncStream<RedisSubscriber.Event>.Iterator) {
            self.iterator = iterator
        }

        func next() async -> RedisSubscriber.Event? { await iterator.next() }
    }
}

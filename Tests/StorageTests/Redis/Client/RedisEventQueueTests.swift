import Support
import Testing

@testable import Storage

@Suite("What a subscriber has to tell")
struct RedisEventQueueTests {
    private static func message(_ number: UInt8) -> RedisSubscriber.Event {
        .message(channel: "seats", payload: [number])
    }

    private static func send(_ numbers: ClosedRange<UInt8>, to queue: RedisEventQueue) {
        for number in numbers { queue.message(RedisTest.bytes("seats"), [number]) }
    }

    /// Everything that waits, after the queue was finished.
    private static func rest(of queue: RedisEventQueue) async -> [RedisSubscriber.Event] {
        queue.finish()
        var events: [RedisSubscriber.Event] = []
        while let event = await queue.next() { events.append(event) }
        return events
    }

    @Test("Events come in their order")
    func order() async {
        let queue = RedisEventQueue(limit: 10)
        queue.listening()
        Self.send(1...2, to: queue)
        queue.lost()
        queue.listening()
        Self.send(3...3, to: queue)
        #expect(
            await Self.rest(of: queue) == [
                .listening(isFirst: true), Self.message(1), Self.message(2), .lost, .listening(isFirst: false),
                Self.message(3),
            ]
        )
    }

    @Test("What comes before all channels are listened to is not told, and nothing is lost that was not had")
    func early() async {
        let queue = RedisEventQueue(limit: 10)
        Self.send(1...1, to: queue)
        queue.lost()
        queue.listening()
        #expect(await Self.rest(of: queue) == [.listening(isFirst: true)])
    }

    @Test("A consumer that is too slow is told what it missed; one that is not, is not")
    func overflow() async {
        let queue = RedisEventQueue(limit: 4)
        queue.listening()
        Self.send(1...5, to: queue)
        #expect(
            await Self.rest(of: queue) == [
                .listening(isFirst: true), .lost, .listening(isFirst: false), Self.message(5),
            ]
        )
        let wide = RedisEventQueue(limit: 6)
        wide.listening()
        Self.send(1...5, to: wide)
        #expect(await Self.rest(of: wide) == [.listening(isFirst: true)] + (1...5).map(Self.message))
    }

    @Test("A line that overflows while nothing is listened to does not say that something is")
    func overflowWhileLost() async {
        let queue = RedisEventQueue(limit: 2)
        queue.listening()
        Self.send(1...1, to: queue)
        queue.lost()
        #expect(await Self.rest(of: queue) == [.listening(isFirst: true), .lost])
    }

    @Test("A consumer that waits is handed the event, and is let go at the end")
    func waiting() async throws {
        let queue = RedisEventQueue(limit: 4)
        async let first = withDeadline(10) { await queue.next() }
        queue.listening()
        #expect(try await first == .listening(isFirst: true))
        async let none = withDeadline(10) { await queue.next() }
        queue.finish()
        #expect(try await none == nil)
    }

    @Test("A consumer that is cancelled is let go")
    func cancelled() async throws {
        let queue = RedisEventQueue(limit: 4)
        let consumer = Task { await queue.next() }
        consumer.cancel()
        #expect(try await withDeadline(10) { await consumer.value } == nil)
    }
}

import Foundation
import Synchronization

/// A stream of server-sent events as a browser would read it, but for what a browser hides.
package final class SSETestStream: Sendable, AsyncSequence {
    /// One block of the stream: an event, or only a comment or a `retry:`.
    package struct Event: Sendable, Equatable {
        package var id: String?
        package var event: String?
        package var data: String?
        package var retry: Int?
        package var comments: [String] = []

        package func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try JSONDecoder().decode(type, from: Data((data ?? "").utf8))
        }
    }

    /// The head of the answer.
    package let head: HTTPTestResponse
    /// The next piece of the body; nil or empty at its end.
    private let more: @Sendable () async throws -> Data?
    private let text = Mutex("")

    init(head: HTTPTestResponse, more: @escaping @Sendable () async throws -> Data?) {
        self.head = head
        self.more = more
    }

    /// The next event; nil when the server has ended the stream. Comments are passed over.
    package func next() async throws -> Event? {
        while let block = try await nextBlock() {
            if block.data != nil { return block }
        }
        return nil
    }

    /// All events until the server ends the stream.
    package func rest() async throws -> [Event] {
        var events: [Event] = []
        while let event = try await next() { events.append(event) }
        return events
    }

    /// The next block of any kind; nil when the server has ended the stream.
    package func nextBlock() async throws -> Event? {
        while true {
            let block = text.withLock { text -> Substring? in
                guard let end = text.firstRange(of: "\n\n") else { return nil }
                let block = text[..<end.lowerBound]
                text = String(text[end.upperBound...])
                return block
            }
            if let block { return Self.parse(block) }
            guard let chunk = try await more(), !chunk.isEmpty else { return nil }
            if SecretWatch.isOn { SecretWatch.saw(String(decoding: chunk, as: UTF8.self), in: .feeds) }
            // The server writes whole events, so that no character is ever cut in two.
            text.withLock { $0 += String(decoding: chunk, as: UTF8.self) }
        }
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        let stream: SSETestStream

        package func next() async throws -> Event? {
            try await stream.next()
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(stream: self)
    }

    private static func parse(_ block: Substring) -> Event {
        var event = Event()
        for line in block.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? String(parts[1].hasPrefix(" ") ? parts[1].dropFirst() : parts[1]) : ""
            switch parts[0] {
            case "": event.comments.append(value)
            case "id": event.id = value
            case "event": event.event = value
            case "data": event.data = event.data.map { "\($0)\n\(value)" } ?? value
            case "retry": event.retry = Int(value)
            default: break
            }
        }
        return event
    }
}

import CommandBus
import NIOCore

/// Writes events in the form of `text/event-stream` (the HTML standard, section 9.2).
enum EventText {
    /// What a stream begins with: after which time to come back, drawn for each reader.
    static func opening() -> ByteBuffer {
        ByteBuffer(string: "retry: \(Int.random(in: 2000...8000))\n\n")
    }

    static let heartbeat = ByteBuffer(string: ": still here\n\n")

    /// The data of an event is JSON, and so never has a line break.
    static func append(_ event: FeedEvent, to buffer: inout ByteBuffer) {
        // The end of a stream is not a place in it: whoever comes back goes on after what it has seen.
        if event.kind != .bye { buffer.writeString("id: \(event.position)\n") }
        buffer.writeString("event: \(event.kind.rawValue)\ndata: ")
        buffer.writeBytes(event.data)
        buffer.writeStaticString("\n\n")
    }

    static func bye(_ end: StreamEnd) -> ByteBuffer {
        guard let retry = end.retry else {
            return ByteBuffer(string: "event: bye\ndata: {\"reason\":\"\(end.rawValue)\"}\n\n")
        }
        return ByteBuffer(
            string: "retry: \(retry)\nevent: bye\ndata: {\"reason\":\"\(end.rawValue)\",\"retry_ms\":\(retry)}\n\n"
        )
    }
}

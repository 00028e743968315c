import Foundation
import Support

/// An event of a feed, whatever carried it.
struct FeedSight: Sendable, Equatable {
    let kind: String
    let position: String?
    /// The data, byte for byte.
    let bytes: Data

    var data: JSON { JSON(bytes) }
}

/// The seats of one departure over SSE.
struct SeatsStream: Sendable {
    private let client: HTTPTestClient
    private let events: SSETestStream

    static func open(
        _ server: ServerProcess, token: String?, departure: String, since: String? = nil
    ) async throws -> SeatsStream {
        let client = try await HTTPTestClient.connect(port: server.port, seconds: 20)
        var headers: [(String, String)] = []
        if let token { headers.append(("Authorization", "Bearer \(token)")) }
        if let since { headers.append(("Last-Event-ID", since)) }
        let events = try await client.stream("/v1/feeds/seats?departure=\(departure)", headers: headers)
        return SeatsStream(client: client, events: events)
    }

    /// The next event; comments are passed over.
    func next() async throws -> FeedSight {
        guard let event = try await events.next() else { throw FeedEnded() }
        return FeedSight(kind: event.event ?? "", position: event.id, bytes: Data((event.data ?? "").utf8))
    }

    /// Waits for the end, and fails if something else comes first.
    func expectEnd() async throws {
        if let event = try await events.next() { throw FeedGoesOn(event: event) }
    }

    func close() async {
        client.close()
    }
}

/// A feed ended where an event was expected.
struct FeedEnded: Error {}

/// A feed went on where its end was expected.
struct FeedGoesOn: Error {
    let event: SSETestStream.Event
}

import Foundation
import Support
import Synchronization

/// A socket, with any number of commands on their way and any number of feeds.
final class SocketDoor: Door {
    private let client: SocketClient
    private let lastID = Mutex(0)

    private init(client: SocketClient) {
        self.client = client
    }

    deinit {
        client.drop()
    }

    /// Opens a socket; without a token it is nobody's.
    static func open(_ server: ServerProcess, token: String?) async throws -> SocketDoor {
        let headers = token.map { [("Authorization", "Bearer \($0)")] } ?? []
        return SocketDoor(client: try await SocketClient.connect(port: server.port, headers: headers, seconds: 30))
    }

    func send(_ ask: Ask, key: String?) async throws -> Answer {
        let key = key.map { #","key":"\#($0)""# } ?? ""
        return try await exchange { #"{"id":"\#($0)","cmd":"\#(ask.command)"\#(key),"input":\#(ask.input)}"# }
    }

    func subscribe(toSeatsOf departure: String, since: String? = nil) async throws {
        try await subscribe(to: "seats", filter: #"{"departure":"\#(departure)"}"#, since: since)
    }

    /// - Returns: what the server says of the new stream.
    @discardableResult
    func subscribe(to topic: String, filter: String = "{}", since: String? = nil) async throws -> JSON {
        let since = since.map { #","since":"\#($0)""# } ?? ""
        let answer = try await exchange { #"{"id":"\#($0)","sub":"\#(topic)","filter":\#(filter)\#(since)}"# }
        guard answer.status == 200 else { throw UnexpectedFrame(text: String(decoding: answer.body, as: UTF8.self)) }
        return answer.json
    }

    /// The next event of a feed.
    func nextEvent() async throws -> FeedSight {
        try await next("an event of a feed") { frame, json in
            guard let kind = json["event"].string else { return nil }
            return FeedSight(
                kind: kind, position: json["at"].string, bytes: JSON.bytes(of: "data", in: frame) ?? Data()
            )
        }
    }

    /// What the server says before it ends a socket.
    func bye() async throws -> JSON {
        try await next("a bye") { _, json in json["bye"] == .null ? nil : json["bye"] }
    }

    /// The code of the server's close frame.
    func closeCode() async throws -> Int { try await client.closeCode() }

    /// Closes as RFC 6455 wants it; a socket that is dead already is left at that.
    func close() async {
        if (try? await client.send(close: 1000)) != nil { _ = try? await client.closeCode() }
        client.drop()
    }

    private func exchange(_ frame: (_ id: String) -> String) async throws -> Answer {
        let id = lastID.withLock { last in
            last += 1
            return String(last)
        }
        try await client.send(frame(id))
        return try await next("the reply \(id)") { frame, json in
            guard json["id"].string == id else { return nil }
            let body = JSON.bytes(of: "output", in: frame) ?? JSON.bytes(of: "problem", in: frame) ?? Data()
            return Answer(status: json["status"].int ?? 0, body: body, position: json["at"].string)
        }
    }

    /// The first frame from which `pick` makes something; others stay for whoever waits for them.
    private func next<Value: Sendable>(
        _ what: String, _ pick: @escaping @Sendable (_ frame: Data, JSON) -> Value?
    ) async throws -> Value {
        let found = try await client.next(what) { event -> Value?? in
            switch event {
            case .text(let text):
                let frame = Data(text.utf8)
                return pick(frame, JSON(frame)).map { .some($0) }
            case .ended: return .some(nil)
            default: return nil
            }
        }
        guard let found else {
            let close = try? await client.close()
            throw SocketOver(before: what, how: close.map { "\($0.code) \($0.reason)" } ?? "without a word")
        }
        return found
    }
}

/// The server closed the connection where something was expected on it.
struct SocketOver: Error {
    let before: String
    let how: String
}

/// A frame that a test did not expect.
struct UnexpectedFrame: Error {
    let text: String
}

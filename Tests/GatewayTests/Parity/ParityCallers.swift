import CommandBus
import Foundation
import Support

@testable import Gateway

/// The trace that every call is sent under, so that problems are the same to the byte.
private let trace = "0af7651916cd43dd8448eb211c80319c"
private let traceparent = "00-\(trace)-b7ad6b7169203331-01"

/// Sends cases as requests.
struct RESTCaller {
    let gateway: RunningGateway

    /// - Parameter token: of whoever sends it; nil for nobody.
    func send(_ parity: ParityCase, _ entry: CommandEntry, token: String?) async throws -> ParityAnswer {
        var headers = [("traceparent", traceparent)]
        if let token { headers.append(("Authorization", "Bearer \(token)")) }
        if let key = parity.key { headers.append(("Idempotency-Key", key)) }
        let (target, body) = try request(parity.input, entry)
        if body != nil { headers.append(("Content-Type", "application/json")) }
        let response = try await HTTPTestClient.once(
            port: gateway.port, entry.route.method.rawValue, target, headers: headers, body: body
        )
        return ParityAnswer(
            status: response.status, body: response.text, retryAfter: response["retry-after"],
            position: response["feed-position"].map(Self.sequence), isReplay: response["idempotency-replayed"] == "true"
        )
    }

    /// The path and query, and what is left of the input for the body.
    private func request(_ input: ParityCase.Input, _ entry: CommandEntry) throws -> (target: String, body: Data?) {
        switch input {
        case .bytes(let text): return (entry.route.path, Data(text.utf8))
        case .object(var members):
            var target = entry.route.path
            for name in entry.route.placeholders {
                target = target.replacing("{\(name)}", with: Self.escaped(Self.text(members.removeValue(forKey: name))))
            }
            guard entry.route.takesQuery else { return (target, try WireJSON.encode(members)) }
            let query = members.sorted { $0.key < $1.key }.map {
                "\(Self.escaped($0.key))=\(Self.escaped(Self.text($0.value)))"
            }
            return (query.isEmpty ? target : target + "?" + query.joined(separator: "&"), nil)
        }
    }

    private static func text(_ value: JSONValue?) -> String {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .boolean(let flag): String(flag)
        default: ""
        }
    }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    /// The position without its epoch, which is another in every server.
    static func sequence(_ position: String) -> String {
        position.split(separator: ".").last.map(String.init) ?? position
    }
}

/// Sends cases as frames, on one socket for each token.
actor SocketCaller {
    private let gateway: RunningGateway
    private var sockets: [String: SocketClient] = [:]
    private var sent = 0

    init(gateway: RunningGateway) {
        self.gateway = gateway
    }

    /// - Parameter token: of whoever sends it; nil for nobody.
    func send(_ parity: ParityCase, _ entry: CommandEntry, token: String?) async throws -> ParityAnswer {
        let socket = try await socket(of: token)
        sent += 1
        var members = [#""id":"\#(sent)""#, #""cmd":"\#(entry.name)""#, #""trace":"\#(traceparent)""#]
        if let key = parity.key { members.append(#""key":"\#(key)""#) }
        switch parity.input {
        case .bytes(let text): members.append(#""input":\#(text)"#)
        case .object(let object):
            members.append(#""input":\#(String(decoding: try WireJSON.encode(object), as: UTF8.self))"#)
        }
        try await socket.send("{" + members.joined(separator: ",") + "}")
        let frame = try await socket.text(containing: #""id":"\#(sent)""#)
        guard let slices = JSONSlices.members(of: Data(frame.utf8)) else { throw NoFrame(text: frame) }
        let parts = Dictionary(uniqueKeysWithValues: slices.map { ($0.key, String(decoding: $0.value, as: UTF8.self)) })
        return ParityAnswer(
            status: parts["status"].flatMap { Int($0) } ?? 0, body: parts["output"] ?? parts["problem"] ?? "",
            retryAfter: parts["retry_after"],
            position: parts["at"].map { RESTCaller.sequence($0.replacing("\"", with: "")) },
            isReplay: parts["replayed"] == "true"
        )
    }

    private func socket(of token: String?) async throws -> SocketClient {
        if let known = sockets[token ?? ""] { return known }
        let socket = try await SocketClient.connect(
            port: gateway.port, headers: token.map { [("Authorization", "Bearer \($0)")] } ?? []
        )
        _ = try await socket.text(containing: "hello")
        sockets[token ?? ""] = socket
        return socket
    }

    private struct NoFrame: Error {
        let text: String
    }
}

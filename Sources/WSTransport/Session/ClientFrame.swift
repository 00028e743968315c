import CommandBus
import Foundation

/// The name that a client gave to a frame.
struct FrameID: Sendable, Hashable {
    let text: String
    /// As it was sent, with its quotes: it goes back as the same bytes.
    let json: String

    static func == (left: FrameID, right: FrameID) -> Bool { left.text == right.text }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// A frame of a client, taken apart but not decoded: the input of a command stays the bytes that came in.
struct ClientFrame {
    enum Request {
        case command(name: String, key: String?, input: Data, trace: String?)
        case attach(token: String, trace: String?)
        case subscribe(topic: String, filter: [String: String], since: String?)
        case unsubscribe(stream: Int)
    }

    let id: FrameID
    let request: Request

    /// Why a frame is refused; the answer has the id, if there was a good one.
    struct Refusal: Error {
        let id: FrameID?
        let problem: Problem
    }

    /// The command that the session carries out itself.
    static let attachName = "session.attach"

    init(_ data: Data) throws(Refusal) {
        guard let members = JSONSlices.members(of: data) else { throw .malformed(nil, "A frame is one JSON object.") }
        var fields: [String: Data] = [:]
        let repeated = members.filter { fields.updateValue($0.value, forKey: $0.key) != nil }.map(\.key)
        guard let raw = fields["id"], let text = JSONText.string(raw) else {
            throw .malformed(nil, "A frame has an 'id', a string of 1 to 64 characters.")
        }
        guard (1...64).contains(text.count), text.utf8.count <= 256 else {
            throw .malformed(nil, "The 'id' has 1 to 64 characters.")
        }
        id = FrameID(text: text, json: String(decoding: raw, as: UTF8.self))
        guard repeated.isEmpty else { throw .malformed(id, "A member comes twice: \(Self.list(repeated)).") }
        do throws(Problem) {
            request = try Self.request(fields)
        } catch {
            throw Refusal(id: id, problem: error)
        }
    }

    private static func request(_ fields: [String: Data]) throws(Problem) -> Request {
        let kinds = ["cmd", "sub", "unsub"].filter { fields[$0] != nil }
        guard kinds.count == 1, let kind = kinds.first else {
            throw Problem(.malformedFrame, "A frame has one of 'cmd', 'sub' and 'unsub'.")
        }
        switch kind {
        case "cmd":
            try allow(["id", "cmd", "key", "input", "trace"], in: fields)
            let name = try requiredString("cmd", in: fields)
            let key = try string("key", in: fields)
            let trace = try string("trace", in: fields)
            let input = fields["input"] ?? Data()
            if name == attachName { return .attach(token: try token(in: input), trace: trace) }
            return .command(name: name, key: key, input: input, trace: trace)
        case "sub":
            try allow(["id", "sub", "filter", "since"], in: fields)
            let topic = try requiredString("sub", in: fields)
            let since = try string("since", in: fields)
            return .subscribe(topic: topic, filter: try filter(in: fields["filter"]), since: since)
        default:
            try allow(["id", "unsub"], in: fields)
            guard let raw = fields["unsub"], let stream = Int(String(decoding: raw, as: UTF8.self)) else {
                throw Problem(.malformedFrame, "'unsub' is the number of a stream.")
            }
            return .unsubscribe(stream: stream)
        }
    }

    private static func allow(_ known: Set<String>, in fields: [String: Data]) throws(Problem) {
        let unknown = fields.keys.filter { !known.contains($0) }
        guard !unknown.isEmpty else { return }
        throw Problem(.malformedFrame, "The frame has members that are not known: \(list(unknown.sorted())).")
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(8).map { "'\($0.prefix(64))'" }.joined(separator: ", ")
    }

    private static func string(_ name: String, in fields: [String: Data]) throws(Problem) -> String? {
        guard let raw = fields[name] else { return nil }
        guard let text = JSONText.string(raw) else { throw Problem(.malformedFrame, "'\(name)' is a string.") }
        return text
    }

    private static func requiredString(_ name: String, in fields: [String: Data]) throws(Problem) -> String {
        guard let text = try string(name, in: fields) else { throw Problem(.malformedFrame, "'\(name)' is a string.") }
        return text
    }

    private static func token(in input: Data) throws(Problem) -> String {
        guard let members = JSONSlices.members(of: input) else {
            throw .invalid("", "must be an object with the session token")
        }
        let unknown = members.map(\.key).filter { $0 != "token" }
        guard unknown.isEmpty else {
            throw .invalid(unknown.map { Violation(pointer: "/\($0)", detail: "is not a known field") })
        }
        guard let raw = members.first?.value else { throw .invalid("/token", "is required") }
        guard let token = JSONText.string(raw), !token.isEmpty else { throw .invalid("/token", "must be a string") }
        return token
    }

    private static func filter(in data: Data?) throws(Problem) -> [String: String] {
        guard let data else { return [:] }
        guard let members = JSONSlices.members(of: data) else { throw .invalid("/filter", "must be an object") }
        var filter: [String: String] = [:]
        var violations: [Violation] = []
        for (key, value) in members {
            if let text = JSONText.string(value) {
                filter[key] = text
            } else {
                violations.append(Violation(pointer: "/filter/\(key)", detail: "must be a string"))
            }
        }
        guard violations.isEmpty else { throw .invalid(violations) }
        return filter
    }
}

extension ClientFrame.Refusal {
    static func malformed(_ id: FrameID?, _ detail: String) -> Self {
        Self(id: id, problem: Problem(.malformedFrame, detail))
    }
}

/// The strings of an envelope.
enum JSONText {
    /// The text of a JSON string; nil if the slice is something else. Few strings have escapes, and only they are worth
    /// a decoder.
    static func string(_ slice: Data) -> String? {
        guard slice.count >= 2, slice.first == UInt8(ascii: "\""), slice.last == UInt8(ascii: "\"") else { return nil }
        let inner = slice.dropFirst().dropLast()
        guard inner.contains(UInt8(ascii: "\\")) else { return String(validating: inner, as: UTF8.self) }
        return try? WireJSON.decode(String.self, from: Data(slice))
    }
}

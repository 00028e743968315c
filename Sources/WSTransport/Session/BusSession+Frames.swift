import CommandBus
import Foundation
import NIOCore

/// What a client asks for.
extension BusSession {
    func admit(_ frame: ClientFrame) throws(ClientFrame.Refusal) {
        let id = frame.id
        do throws(Problem) {
            guard !live.contains(id) else {
                throw Problem(.duplicateID, "A frame with this id is still at work; each needs an id of its own.")
            }
            if case .ending(let ending) = stage { throw ending.refusal }
            switch frame.request {
            case .command(let name, let key, let input, let trace): try run(id, name, key, input, trace)
            case .attach(let token, let trace): try attach(id, token, trace)
            case .subscribe(let topic, let filter, let since): try subscribe(id, topic, filter, since)
            case .unsubscribe(let stream): try unsubscribe(id, stream)
            }
        } catch {
            throw ClientFrame.Refusal(id: id, problem: error)
        }
    }

    private func run(
        _ id: FrameID, _ name: String, _ key: String?, _ input: Data, _ trace: String?
    ) throws(Problem) {
        guard let entry = bus.table[name] else {
            throw Problem(.unknownCommand, "There is no command of this name.")
        }
        try takePlace(id)
        let call = CommandCall(
            entry: entry, input: input, token: attachment?.token, key: key, address: request.address,
            trace: bus.trace(from: trace), transport: .websocket
        )
        begin(.command(id, call))
    }

    /// What comes after the token is handed over only when it is settled whose it is.
    private func attach(_ id: FrameID, _ token: String, _ trace: String?) throws(Problem) {
        try takePlace(id)
        link?.isHeld = true
        begin(.attach(id, token: token, trace: trace))
    }

    private func subscribe(
        _ id: FrameID, _ topic: String, _ filter: [String: String], _ since: String?
    ) throws(Problem) {
        guard streams.count + openings < configuration.maxSubscriptions else {
            throw Problem(
                .tooManySubscriptions, "A connection has at most \(configuration.maxSubscriptions) subscriptions."
            )
        }
        if let now = link?.eventLoop.now, begun.add(at: now) > configuration.maxOpenings {
            throw Problem(.tooManyRequests, "Too many subscriptions were begun. Come back in 10 s.", retryAfter: 10)
        }
        try takePlace(id)
        openings += 1
        begin(.subscribe(id, topic: topic, filter: FeedFilter(filter), since: since, token: attachment?.token))
    }

    private func unsubscribe(_ id: FrameID, _ stream: Int) throws(Problem) {
        guard streams[stream] != nil else { throw .notFound("stream") }
        drop(stream)
        send(.output(id, Data(#"{"stream":\#(stream)}"#.utf8)))
    }

    private func takePlace(_ id: FrameID) throws(Problem) {
        guard live.count < configuration.maxInFlight else {
            throw Problem(
                .tooManyAtOnce, "At most \(configuration.maxInFlight) frames of a connection are at work at once.",
                retryAfter: 1
            )
        }
        live.insert(id)
    }
}

/// Whether a page may open a socket. Browsers send cookies and addresses of the user along wherever a page comes from;
/// only the `Origin` tells (RFC 6455, section 10.2).
enum OriginRule {
    static func admits(_ request: SocketRequest, _ configuration: SocketConfiguration) -> Bool {
        guard let origin = request.origin?.lowercased() else { return true }
        if configuration.allowedOrigins.contains(where: { $0.lowercased() == origin }) { return true }
        guard let host = request.host?.lowercased(), let scheme = origin.range(of: "://") else { return false }
        return origin[scheme.upperBound...] == host
    }
}

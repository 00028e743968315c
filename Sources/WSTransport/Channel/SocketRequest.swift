import CommandBus
import Foundation
import NIOHTTP1

/// What the upgrade request says that a session needs to know.
package struct SocketRequest: Sendable {
    package let authorization: String?
    /// The page that opens the socket, if a browser does.
    package let origin: String?
    package let host: String?
    /// The client's address, as it is counted and logged.
    package let address: String

    init(_ head: HTTPRequestHead, peer: String?, configuration: SocketConfiguration) {
        authorization = head.headers.first(name: "Authorization")
        origin = head.headers.first(name: "Origin")
        host = head.headers.first(name: "Host")
        let forwarded = head.headers["X-Forwarded-For"]
        address = configuration.clientAddresses.address(
            peer: peer, forwardedFor: forwarded.isEmpty ? nil : forwarded.joined(separator: ",")
        )
    }
}

/// The opening handshake (RFC 6455, section 4.2.1): what makes a request one that is upgraded.
enum Handshake {
    /// Whether everything is right. A request that is not upgraded is an ordinary one, and the router answers it.
    static func isValid(_ head: HTTPRequestHead, _ configuration: SocketConfiguration) -> Bool {
        let headers = head.headers
        guard head.method == .GET, head.version == .http1_1, path(of: head) == configuration.path,
            hasToken("websocket", in: headers, "Upgrade"), hasToken("upgrade", in: headers, "Connection"),
            headers["Sec-WebSocket-Version"] == ["13"], hasKey(headers),
            // A body would be taken for frames.
            !headers.contains(name: "Transfer-Encoding"), headers.first(name: "Content-Length") ?? "0" == "0"
        else { return false }
        return offersSubprotocol(headers, configuration)
    }

    /// The subprotocol to name in the answer: only one that the client has offered.
    static func subprotocol(for head: HTTPRequestHead, _ configuration: SocketConfiguration) -> String? {
        guard let ours = configuration.subprotocol else { return nil }
        return head.headers[canonicalForm: "Sec-WebSocket-Protocol"].contains { $0 == ours } ? ours : nil
    }

    static func hasToken(_ token: String, in headers: HTTPHeaders, _ name: String) -> Bool {
        headers[canonicalForm: name].contains { $0.lowercased() == token }
    }

    private static func path(of head: HTTPRequestHead) -> Substring {
        head.uri.prefix { $0 != "?" }
    }

    /// Sixteen bytes in base64.
    private static func hasKey(_ headers: HTTPHeaders) -> Bool {
        let keys = headers["Sec-WebSocket-Key"]
        guard keys.count == 1, let key = keys.first else { return false }
        return key.utf8.count == 24 && Data(base64Encoded: key)?.count == 16
    }

    private static func offersSubprotocol(_ headers: HTTPHeaders, _ configuration: SocketConfiguration) -> Bool {
        guard let ours = configuration.subprotocol, headers.contains(name: "Sec-WebSocket-Protocol") else { return true }
        return headers[canonicalForm: "Sec-WebSocket-Protocol"].contains { $0 == ours }
    }
}

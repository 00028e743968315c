import CommandBus
import HTTPTypes
import HummingbirdCore
import NIOCore

/// Replies of the API in the form of HTTP.
enum Replies {
    private static let success = HTTPFields.answer([.contentType: "application/json", .cacheControl: "no-store"])
    private static let problem = HTTPFields.answer([.contentType: "application/problem+json", .cacheControl: "no-store"])
    static let empty = HTTPFields.answer([.cacheControl: "no-store"])

    static func response(_ reply: CommandReply, trace: String) -> Response {
        var headers = reply.isProblem ? problem : reply.status == 204 ? empty : success
        headers[.traceID] = trace
        if let position = reply.position { headers[.feedPosition] = position.description }
        if reply.isReplay { headers[.idempotencyReplayed] = "true" }
        if let seconds = reply.retryAfter { headers[.retryAfter] = String(seconds) }
        if !reply.allow.isEmpty { headers[.allow] = reply.allow.joined(separator: ", ") }
        if reply.status == 401 { headers[.wwwAuthenticate] = "Bearer" }
        let body = reply.body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: reply.body))
        return Response(status: .init(code: reply.status), headers: headers, body: body)
    }

    static func response(_ problem: Problem, trace: String) -> Response {
        response(.failure(problem, trace: trace), trace: trace)
    }

    /// The answer to `OPTIONS`.
    static func options(_ methods: [String], trace: String) -> Response {
        var headers = empty
        headers[.allow] = methods.joined(separator: ", ")
        headers[.traceID] = trace
        return Response(status: .noContent, headers: headers)
    }

    /// The answer to a plain request for the socket.
    ///
    /// The connection ends with it: a later request on it could not be upgraded any more.
    static func upgradeRequired(trace: String) -> Response {
        var response = response(
            Problem(.upgradeRequired, "Open the socket with a WebSocket upgrade and the subprotocol farebus.v1.json."),
            trace: trace
        )
        response.headers[.upgrade] = "websocket"
        response.headers[.connection] = "upgrade, close"
        return response
    }
}

extension Problem.Code {
    static let upgradeRequired = Self("upgrade_required", status: 426, title: "An upgrade to WebSocket is required")
}

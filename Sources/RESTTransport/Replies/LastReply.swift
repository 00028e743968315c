import HTTPTypes
import HummingbirdCore
import NIOCore

/// Ends a connection after a reply, so that the reply is read.
///
/// Closing while the client still sends would answer it with a reset, and a reset may overtake the reply. So the server
/// says that it is done, goes on throwing away what comes for a while, and only then closes (RFC 9112, section 9.6).
enum LastReply {
    /// What is thrown away at most.
    private static let maxDiscarded = 1 << 20
    private static let maxSeconds: Int64 = 5

    private struct ConnectionIsOver: Error {}

    static func wrap(_ response: Response, content: RequestContent, channel: any Channel) -> Response {
        var headers = response.headers
        if headers[.connection] == nil { headers[.connection] = "close" }
        let original = response.body
        let body = ResponseBody(contentLength: original.contentLength) { writer in
            try await original.write(writer)
            channel.close(mode: .output, promise: nil)
            let end = channel.eventLoop.scheduleTask(in: .seconds(maxSeconds)) { channel.close(promise: nil) }
            defer { end.cancel() }
            try await content.discard(upTo: maxDiscarded)
            // What follows on the connection is not a request that may still be served.
            throw ConnectionIsOver()
        }
        return Response(status: response.status, headers: headers, body: body)
    }
}

package import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore

/// A document that is made once and served as it is.
package struct RESTDocument: Sendable {
    package let path: String
    package let contentType: String
    package let content: Data

    package init(path: String, contentType: String = "application/json", content: Data) {
        self.path = path
        self.contentType = contentType
        self.content = content
    }
}

/// A document with its reply already made.
struct DocumentReply: Sendable {
    private let headers: HTTPFields
    private let body: ByteBuffer

    init(_ document: RESTDocument) {
        headers = .answer([.contentType: document.contentType, .cacheControl: "public, max-age=60"])
        body = ByteBuffer(bytes: document.content)
    }

    func response(trace: String) -> Response {
        var headers = headers
        headers[.traceID] = trace
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}

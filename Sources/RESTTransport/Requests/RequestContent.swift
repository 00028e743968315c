import CommandBus
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTPTypes

/// The body of one request: read within its bound, or thrown away.
///
/// Unchecked, because an iterator is not Sendable: only the one task that serves the connection uses it, first to read
/// and, after the reply was written, to throw away what is left.
final class RequestContent: @unchecked Sendable {
    private let headers: HTTPFields
    private let channel: any Channel
    private let body: RequestBody
    private var iterator: RequestBody.AsyncIterator?
    /// Whether nothing of it is left in the connection.
    private(set) var isAtEnd: Bool

    init(_ request: Request, channel: any Channel) {
        headers = request.headers
        body = request.body
        self.channel = channel
        isAtEnd = !RequestHeaders.announcesBody(request.headers)
    }

    /// Whether what is left of it is so little that it may just be passed over.
    func isShort(_ limit: Int) -> Bool {
        isAtEnd || (iterator == nil && length.map { $0 <= limit } ?? false)
    }

    private var length: Int? { headers[.contentLength].flatMap { Int($0) } }

    /// Reads the whole body as JSON that is still undecoded; empty if there is none.
    ///
    /// - Throws: ``Problem``: it is too large, of another type, or not sent to its end.
    func read(upTo limit: Int) async throws(Problem) -> Data {
        guard !isAtEnd else { return Data() }
        if let length, length > limit { throw Self.tooLarge(limit) }
        guard RequestHeaders.isJSON(headers[.contentType]) else {
            // Nothing has no type; anything else is not guessed at.
            if headers[.contentType] == nil, length == nil, try await collect(upTo: limit).isEmpty { return Data() }
            throw Problem(.unsupportedMediaType, "Send the input as application/json in UTF-8.")
        }
        if let encoding = headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Problem(.unsupportedMediaType, "Send the input without a content encoding.")
        }
        return try await collect(upTo: limit)
    }

    private func collect(upTo limit: Int) async throws(Problem) -> Data {
        if let expectation = headers[.expect], expectation.lowercased() == "100-continue" {
            // The client holds the body back until it hears that it is wanted (RFC 9110, section 10.1.1).
            channel.writeAndFlush(HTTPResponsePart.head(HTTPResponse(status: .continue)), promise: nil)
        }
        var data = Data()
        do {
            while let part = try await next() {
                guard data.count + part.readableBytes <= limit else { throw Self.tooLarge(limit) }
                part.withUnsafeReadableBytes { data.append(contentsOf: $0) }
            }
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.malformedRequest, "The body of the request is malformed, or ended early.")
        }
        if let length, data.count < length {
            throw Problem(.malformedRequest, "The body of the request ended early.")
        }
        return data
    }

    /// Throws away what is left, up to `limit` bytes of it.
    func discard(upTo limit: Int) async throws {
        var left = limit
        while left > 0, let part = try await next() { left -= part.readableBytes }
    }

    private func next() async throws -> ByteBuffer? {
        guard !isAtEnd else { return nil }
        var iterator = iterator ?? body.makeAsyncIterator()
        // Kept after an error too: a body can be iterated once.
        defer { self.iterator = iterator }
        let part = try await iterator.next()
        if part == nil { isAtEnd = true }
        return part
    }

    private static func tooLarge(_ limit: Int) -> Problem {
        Problem(.tooLarge, "An input has at most \(limit) bytes.")
    }
}

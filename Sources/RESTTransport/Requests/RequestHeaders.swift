import HTTPTypes

/// The headers of the API, read from a request.
enum RequestHeaders {
    /// What a request says of who sends it.
    enum Credentials {
        case none
        /// A bearer token, or an empty one where the header is not of that form: no session has an empty token, so the
        /// bus refuses it in its turn, after what comes before the question of who is asking.
        case token(String)

        var token: String? {
            if case .token(let token) = self { token } else { nil }
        }
    }

    /// RFC 6750, section 2.1.
    static func credentials(_ headers: HTTPFields) -> Credentials {
        guard let value = headers[.authorization] else { return .none }
        let bytes = value.utf8
        let scheme = "bearer ".utf8
        guard bytes.count > scheme.count, zip(bytes, scheme).allSatisfy({ $0 | 0x20 == $1 }) else { return .token("") }
        let token = bytes.dropFirst(scheme.count).drop { $0 == UInt8(ascii: " ") }
        guard !token.isEmpty, token.allSatisfy(isTokenByte) else { return .token("") }
        return .token(String(Substring(token)))
    }

    /// The key bare, or as the string of a structured field (draft-ietf-httpapi-idempotency-key-header-07; RFC 9651).
    static func idempotencyKey(_ headers: HTTPFields) -> String? {
        guard let value = headers[.idempotencyKey] else { return nil }
        guard value.utf8.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") else { return value }
        var key = ""
        var isEscaped = false
        for character in value.dropFirst().dropLast().unicodeScalars {
            if !isEscaped, character == "\\" {
                isEscaped = true
            } else {
                key.unicodeScalars.append(character)
                isEscaped = false
            }
        }
        return key
    }

    /// Whether a media type is JSON in UTF-8.
    static func isJSON(_ contentType: String?) -> Bool {
        guard let contentType else { return false }
        if contentType == "application/json" { return true }
        let parts = contentType.lowercased().split(separator: ";").map { $0.trimmed }
        guard parts.first == "application/json" else { return false }
        return parts.dropFirst().allSatisfy { parameter in
            !parameter.hasPrefix("charset=") || ["charset=utf-8", "charset=\"utf-8\""].contains(parameter)
        }
    }

    /// Whether a body follows.
    static func announcesBody(_ headers: HTTPFields) -> Bool {
        if let length = headers[.contentLength] { return length != "0" }
        return headers[.transferEncoding] != nil
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
            true
        default: false
        }
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var rest = self
        while rest.first == " " || rest.first == "\t" { rest.removeFirst() }
        while rest.last == " " || rest.last == "\t" { rest.removeLast() }
        return rest
    }
}

extension HTTPField.Name {
    static let feedPosition = name("Feed-Position")
    static let idempotencyKey = name("Idempotency-Key")
    static let idempotencyReplayed = name("Idempotency-Replayed")
    static let lastEventID = name("Last-Event-ID")
    static let traceID = name("Trace-Id")
    static let referrerPolicy = name("Referrer-Policy")
    static let forwardedFor = name("X-Forwarded-For")
    static let accelBuffering = name("X-Accel-Buffering")

    private static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is no name of a header") }
        return name
    }
}

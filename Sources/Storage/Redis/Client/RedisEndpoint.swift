/// Where a Redis server is, and as whom one speaks to it.
///
/// `redis://[[user]:password@]host[:port][/db]`, or `rediss://` for TLS.
/// Source: https://www.iana.org/assignments/uri-schemes/prov/redis
package struct RedisEndpoint: Sendable, Equatable {
    package let host: String
    package let port: Int
    /// Nil for the default user.
    package let user: String?
    package let password: String?
    package let database: Int
    package let isTLS: Bool

    /// - Parameter url: with everything percent-encoded that would end its part.
    /// - Throws: which part is wrong, and what it has to be; never its text, which may hold the password.
    package init(url: String) throws(RedisURLError) {
        guard let mark = url.firstRange(of: "://") else {
            throw RedisURLError("scheme", "has to be redis:// or rediss://")
        }
        switch url[..<mark.lowerBound].lowercased() {
        case "redis": isTLS = false
        case "rediss": isTLS = true
        default: throw RedisURLError("scheme", "has to be redis:// or rediss://")
        }
        let rest = url[mark.upperBound...]
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw RedisURLError("query", "is not understood: a ? or # of another part is written %3F or %23")
        }
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<end]
        let at = authority.lastIndex(of: "@")
        (user, password) = try at.map { at throws(RedisURLError) in try Self.credentials(authority[..<at]) } ?? (nil, nil)
        (host, port) = try Self.place(authority[(at.map { authority.index(after: $0) } ?? authority.startIndex)...])
        database = try Self.database(rest[end...].dropFirst())
    }

    private static func credentials(_ text: Substring) throws(RedisURLError) -> (user: String?, password: String?) {
        guard let colon = text.firstIndex(of: ":") else {
            throw RedisURLError("password", "is missing: it is written user:password@ or :password@")
        }
        let user = try decoded(text[..<colon], "user")
        let password = try decoded(text[text.index(after: colon)...], "password")
        guard !password.isEmpty else { throw RedisURLError("password", "is empty") }
        return (user.isEmpty ? nil : user, password)
    }

    private static func place(_ text: Substring) throws(RedisURLError) -> (host: String, port: Int) {
        let host: String
        var rest: Substring
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw RedisURLError("host", "lacks its ]") }
            host = String(text[text.index(after: text.startIndex)..<end])
            rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":" else { throw RedisURLError("port", "has to follow a colon") }
        } else {
            let end = text.firstIndex(of: ":") ?? text.endIndex
            host = try decoded(text[..<end], "host")
            rest = text[end...]
        }
        guard !host.isEmpty else { throw RedisURLError("host", "is missing") }
        guard !host.contains(where: { $0.isWhitespace || $0 == "\0" || $0 == "[" || $0 == "]" }) else {
            throw RedisURLError("host", "is no name or address")
        }
        guard rest.popFirst() != nil else { return (host, 6379) }
        guard let port = number(rest), (1...65_535).contains(port) else {
            throw RedisURLError("port", "has to be a number from 1 to 65535")
        }
        return (host, port)
    }

    private static func database(_ text: Substring) throws(RedisURLError) -> Int {
        guard !text.isEmpty else { return 0 }
        guard let database = number(text) else { throw RedisURLError("database", "has to be a number from 0") }
        return database
    }

    /// Digits only: neither a sign nor a space.
    private static func number(_ text: Substring) -> Int? {
        guard text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return Int(text)
    }

    private static func decoded(_ text: Substring, _ part: String) throws(RedisURLError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, let digits = String(digits), digits.allSatisfy(\.isHexDigit),
                let value = UInt8(digits, radix: 16)
            else { throw RedisURLError(part, "has a % that two hexadecimal digits do not follow") }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw RedisURLError(part, "is not UTF-8 after decoding")
        }
        return decoded
    }
}

extension RedisEndpoint: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        let place = host.contains(":") ? "[\(host)]" : host
        let who = password == nil ? "" : "\(user ?? ""):…@"
        return "\(isTLS ? "rediss" : "redis")://\(who)\(place):\(port)/\(database)"
    }

    package var debugDescription: String { description }

    /// Nor does a dump show the password.
    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }
}

/// A URL of a Redis server is wrong.
package struct RedisURLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `scheme`, `user`, `password`, `host`, `port`, `database` or `query`.
    package let part: String
    /// What is wrong with it, to be read after the part.
    package let reason: String

    init(_ part: String, _ reason: String) {
        self.part = part
        self.reason = reason
    }

    package var description: String { "\(part) \(reason)" }
}

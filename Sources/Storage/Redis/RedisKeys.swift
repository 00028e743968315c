import Cryptography

/// The names under which an installation keeps what it has in Redis.
///
/// All begin with its prefix, so that installations can share a server. The names are not made for a Redis Cluster: a
/// script touches keys of several slots.
package struct RedisKeys: Sendable, Equatable {
    package let prefix: String

    /// - Parameter prefix: of this installation alone; it ends with what separates it from the rest.
    package init(prefix: String = "farebus:") {
        self.prefix = prefix
    }

    subscript(parts: String...) -> String { prefix + parts.joined(separator: ":") }
}

extension Digest256 {
    /// 64 digits, in lower case.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

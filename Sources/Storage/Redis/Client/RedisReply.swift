/// What a server answers, in the words of RESP2.
///
/// Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
package enum RedisReply: Sendable, Equatable {
    /// There is no such value.
    case null
    case integer(Int64)
    /// A short word, like `OK`.
    case status(String)
    case bulk([UInt8])
    case array([RedisReply])
    /// A refusal; its first word is its code. A refusal of a whole command is thrown by those who send only one.
    case error(String)

    /// A status, or a bulk string that is UTF-8; else nil.
    package var text: String? {
        switch self {
        case .status(let text): text
        case .bulk(let bytes): String(validating: bytes, as: UTF8.self)
        case .null, .integer, .array, .error: nil
        }
    }
}

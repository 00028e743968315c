/// One word of a command: its name, a key, a value. Any bytes are good in any of them.
package struct RedisArgument: Sendable, Equatable {
    enum Content: Sendable, Equatable {
        case text(String)
        case bytes([UInt8])
    }

    let content: Content

    package static func text(_ text: String) -> RedisArgument { RedisArgument(content: .text(text)) }

    package static func bytes(_ bytes: [UInt8]) -> RedisArgument { RedisArgument(content: .bytes(bytes)) }

    /// A whole number, written in decimal.
    package static func integer(_ number: some BinaryInteger) -> RedisArgument {
        RedisArgument(content: .text(String(number)))
    }
}

extension RedisArgument: ExpressibleByStringInterpolation {
    package init(stringLiteral text: String) {
        self = .text(text)
    }
}

extension RedisArgument: ExpressibleByIntegerLiteral {
    package init(integerLiteral number: Int64) {
        self = .integer(number)
    }
}

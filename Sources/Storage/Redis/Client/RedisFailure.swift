/// A command has no good answer. What matters is whether it may have been carried out.
package struct RedisFailure: Error, Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// It was certainly not carried out: there is no connection, or too much is waiting for one.
        case unreachable
        /// It was sent, and no answer came: it may have been carried out, or may yet be.
        case outcomeUnknown
        /// The server said no (`OOM …`, `NOPERM …`, `LOADING …`, `READONLY …`). The text may quote the command.
        case refused(String)
    }

    package let kind: Kind

    package init(_ kind: Kind) {
        self.kind = kind
    }

    /// The code of a refusal, like `OOM`; nil if this is none.
    package var code: String? {
        guard case .refused(let text) = kind else { return nil }
        return Self.code(of: text)
    }

    /// The first word of an error reply. The words after it may quote a command, and what is secret in it.
    static func code(of text: String) -> String {
        String(text.prefix { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "_") }.prefix(32))
    }
}

extension RedisFailure: CustomStringConvertible {
    package var description: String {
        switch kind {
        case .unreachable: "Redis can't be reached"
        case .outcomeUnknown: "Redis gave no answer: it is not known whether the command was carried out"
        case .refused(let text): "Redis refused the command: \(Self.code(of: text))"
        }
    }
}

package import Foundation

/// A refusal as a client gets it: the problem details of RFC 9457, the same on every transport.
///
/// A feature throws one where a rule says no. Everything else that is thrown is a fault of the server, and is answered
/// as ``Problem/internalError`` without its text.
package struct Problem: Error, Sendable, Equatable {
    /// The stable name of a problem, with what always goes with it.
    package struct Code: Sendable, Hashable {
        /// Stable, in snake_case; clients decide by it.
        package let name: String
        /// The HTTP status, on a socket too.
        package let status: Int
        package let title: String
        package let retry: Retry
        /// Whether it is logged who was refused: somebody may be trying what they may not.
        package let isSuspicious: Bool

        /// - Parameters:
        ///   - name: stable, in snake_case.
        ///   - status: an HTTP status from 400 to 599.
        ///   - title: a short text for people that never changes with the occasion (RFC 9457, section 3.1.3).
        ///   - retry: whether and how it makes sense to send the command again.
        ///   - isSuspicious: whether it is logged who was refused.
        package init(
            _ name: String, status: Int, title: String, retry: Retry = .never, isSuspicious: Bool = false
        ) {
            self.name = name
            self.status = status
            self.title = title
            self.retry = retry
            self.isSuspicious = isSuspicious
        }
    }

    /// Whether and how it makes sense to send the command again.
    package enum Retry: String, Codable, Sendable {
        /// The same command gets the same refusal.
        case never
        /// Later, after `Retry-After`.
        case after
        /// The outcome is unknown or was not reached: repeat with the same idempotency key.
        case sameKey = "same_key"
    }

    package let code: Code
    package let detail: String
    package let errors: [Violation]
    /// Seconds after which it makes sense to come back.
    package let retryAfter: Int?
    /// The methods that the path does have, with 405.
    package let allow: [String]

    package init(_ code: Code, _ detail: String, errors: [Violation] = [], retryAfter: Int? = nil, allow: [String] = []) {
        self.code = code
        self.detail = detail
        self.errors = errors
        self.retryAfter = retryAfter
        self.allow = allow
    }

    /// The body on the wire.
    ///
    /// - Parameter trace: the trace id under which the server's logs know this call.
    package func body(trace: String) -> Data {
        let document = Document(
            type: "urn:farebus:problem:\(code.name)", title: code.title, status: code.status, detail: detail,
            code: code.name, retry: code.retry, errors: errors.isEmpty ? nil : errors, trace: trace
        )
        // A struct of texts and numbers always encodes.
        return (try? WireJSON.encode(document)) ?? Data()
    }

    private struct Document: Encodable {
        let type: String
        let title: String
        let status: Int
        let detail: String
        let code: String
        let retry: Retry
        let errors: [Violation]?
        let trace: String
    }
}

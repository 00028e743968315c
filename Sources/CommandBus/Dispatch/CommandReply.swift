package import Foundation

/// The answer to a command: the same status and the same bytes on every transport.
package struct CommandReply: Sendable {
    package let status: Int
    /// The output or the problem as JSON; empty with 204.
    package let body: Data
    package let isProblem: Bool
    /// Seconds for `Retry-After`.
    package let retryAfter: Int?
    /// For `Allow`, with 405.
    package let allow: [String]
    /// Whether this is the answer of an earlier call under the same key.
    package let isReplay: Bool
    /// The feed position that the command produced.
    package internal(set) var position: FeedPosition?

    package static func success(status: Int, output: some Encodable) throws -> CommandReply {
        CommandReply(
            status: status, body: status == 204 ? Data() : try WireJSON.encode(output), isProblem: false,
            retryAfter: nil, allow: [], isReplay: false
        )
    }

    /// - Parameter trace: the trace id of the call.
    package static func failure(_ problem: Problem, trace: String) -> CommandReply {
        CommandReply(
            status: problem.code.status, body: problem.body(trace: trace), isProblem: true,
            retryAfter: problem.retryAfter, allow: problem.allow, isReplay: false
        )
    }

    static func replay(of record: IdempotencyRecord) -> CommandReply {
        CommandReply(
            status: record.status, body: record.body, isProblem: record.status >= 400, retryAfter: nil, allow: [],
            isReplay: true
        )
    }
}

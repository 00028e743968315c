package import CommandBus
import Foundation

/// There is no command of this name in the table.
package struct NoSuchCommand: Error {
    package let name: String
}

extension CommandBus {
    /// Sends a command as a transport would.
    ///
    /// - Parameters:
    ///   - name: the command.
    ///   - input: its input as JSON.
    ///   - token: the session token; see ``NamedTokens``.
    ///   - key: the idempotency key.
    package func send(
        _ name: String, _ input: String = "", as token: String? = nil, key: String? = nil, address: String = "192.0.2.1",
        trace: String = "0af7651916cd43dd8448eb211c80319c"
    ) async throws -> CommandReply {
        guard let entry = table[name] else { throw NoSuchCommand(name: name) }
        SecretWatch.said(input)
        let reply = await dispatch(
            CommandCall(
                entry: entry, input: Data(input.utf8), token: token, key: key, address: address, trace: trace,
                transport: .websocket
            )
        )
        if SecretWatch.isOn {
            SecretWatch.heard(status: reply.status, body: reply.text)
            if let token, reply.status != 401 { SecretWatch.learnToken(token) }
        }
        return reply
    }
}

extension CommandReply {
    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as the output of a command.
    package func output<Output: Decodable>(_ type: Output.Type = Output.self) throws -> Output {
        guard !isProblem else { throw UnexpectedProblem(text: text) }
        return try WireJSON.decode(type, from: body)
    }

    /// The code of the problem; nil after a success.
    package var code: String? { problem?.code }

    /// The violations that the problem names, each as `POINTER DETAIL`.
    package var violations: [String] { problem?.errors?.map { "\($0.pointer) \($0.detail)" } ?? [] }

    package var problem: ProblemBody? {
        isProblem ? try? WireJSON.decode(ProblemBody.self, from: body) : nil
    }
}

/// A problem as a client reads it.
package struct ProblemBody: Decodable, Sendable {
    package let type: String
    package let title: String
    package let status: Int
    package let detail: String
    package let code: String
    package let retry: String
    package let errors: [Violation]?
    package let trace: String
}

/// A refusal where a success was expected.
package struct UnexpectedProblem: Error, CustomStringConvertible {
    package let text: String
    package var description: String { text }
}

package import Foundation

/// A command as the table holds it: its declaration, and its handler behind one erased closure.
package struct CommandEntry: Sendable {
    package let name: String
    package let route: RESTRoute
    package let access: Access
    package let usesSession: Bool
    package let windows: Set<ServiceWindow>?
    package let cost: CostClass
    package let idempotency: IdempotencyRule
    package let movesMoney: Bool
    package let status: Int
    package let availability: Availability
    package let summary: String
    package let problems: [Problem.Code]
    package let input: Schema
    package let output: Schema
    /// The example input as JSON.
    package let example: Data

    /// Decodes an input, or names every rule that it breaks.
    let decode: @Sendable (Data) throws(Problem) -> DecodedInput
    /// The handler, with its unit of work.
    let run: @Sendable (DecodedInput, CommandContext) async throws -> CommandReply
}

/// An input after its rules were checked, and the bytes that mean the same however they were sent.
package struct DecodedInput: Sendable {
    let value: any Sendable
    /// The canonical JSON, made only where an idempotency key needs a fingerprint of it.
    let canonical: @Sendable () throws -> Data
}

/// All commands, found by name.
package struct CommandTable: Sendable {
    /// In the order of registration.
    package let entries: [CommandEntry]
    private let byName: [String: Int]

    init(entries: [CommandEntry]) {
        self.entries = entries
        byName = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    }

    package subscript(name: String) -> CommandEntry? {
        byName[name].map { entries[$0] }
    }
}

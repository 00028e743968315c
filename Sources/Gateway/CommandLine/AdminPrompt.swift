import ArgumentParser
import Foundation

/// How a command that asks something ends, and what it says beside its answer.
enum AdminPrompt {
    /// Ends the process as Ctrl-C would have ended it, with one line, where somebody has pressed that at a prompt.
    static func cancellable<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch is PromptCancelled {
            tell(PromptCancelled.word)
            throw ExitCode(PromptCancelled.exitCode)
        }
    }

    /// Writes to standard error, as standard output is for answers.
    static func tell(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }
}

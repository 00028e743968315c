import Foundation

/// A program of the system that a test has its work checked by; `scripts/install-dependencies.sh --for-tests` installs all.
package enum SystemTool {
    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - program: its name.
    ///   - arguments: its arguments; no shell reads them.
    /// - Returns: what it wrote to its output.
    /// - Throws: ``ChildProcessFailure`` if it is not installed, does not end or ends with a code that is not 0.
    package static func run(_ program: String, _ arguments: [String]) async throws -> String {
        let process = try ChildProcess(try locate(program), arguments)
        let exit = try await process.waitForExit()
        // What it wrote may come after its end.
        _ = await process.output.firstLine { _ in false }
        guard exit == .code(0) else {
            throw ChildProcessFailure(
                what: "\(program) failed: \(exit)", output: process.output.text, errors: process.errors.text
            )
        }
        return process.output.text
    }

    private static func locate(_ program: String) throws -> URL {
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/bin"
        for folder in path.split(separator: ":") {
            let file = URL(filePath: String(folder)).appending(path: program)
            if FileManager.default.isExecutableFile(atPath: file.path(percentEncoded: false)) { return file }
        }
        throw ChildProcessFailure(
            what: "\(program) is not installed: scripts/install-dependencies.sh --for-tests", output: "", errors: ""
        )
    }
}

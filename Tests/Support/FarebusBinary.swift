package import Foundation

/// The built `farebus`, as an operator would start it.
package enum FarebusBinary {
    /// Where it lies: `FAREBUS_BINARY`, else beside the running tests, else where `swift build` puts it.
    ///
    /// - Throws: ``BinaryMissing`` with all the places that were looked at.
    package static func locate() throws -> URL {
        let candidates = candidates()
        let files = FileManager.default
        if let found = candidates.first(where: { files.isExecutableFile(atPath: $0.path(percentEncoded: false)) }) {
            return found
        }
        throw BinaryMissing(places: candidates.map { $0.path(percentEncoded: false) })
    }

    private static func candidates() -> [URL] {
        if let given = ProcessInfo.processInfo.environment["FAREBUS_BINARY"] { return [URL(filePath: given)] }
        var found: [URL] = []
        if let running = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            found.append(URL(filePath: running).deletingLastPathComponent().appending(path: "farebus"))
        }
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return found + ["debug", "release"].map { package.appending(path: ".build/\($0)/farebus") }
    }

    /// Runs it to its end.
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], seconds: Double = 60
    ) async throws -> (exit: ChildProcess.Exit, output: String, errors: String) {
        let process = try ChildProcess(try locate(), arguments, environment: environment)
        let exit = try await process.waitForExit(seconds: seconds)
        // What it wrote may still be in the pipes.
        try await withDeadline(5, "the end of its output") {
            _ = await process.output.firstLine { _ in false }
            _ = await process.errors.firstLine { _ in false }
        }
        return (exit, process.output.text, process.errors.text)
    }
}

package struct BinaryMissing: Error, CustomStringConvertible {
    package let places: [String]

    package var description: String {
        "farebus is not built; looked at \(places.joined(separator: ", ")). 'swift build' makes it."
    }
}

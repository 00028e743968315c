import Foundation
import Synchronization

/// The MongoDB of a run of the tests: the one that `MONGODB_URI` names, else one that the tests start.
package struct MongoServer: Sendable {
    package let port: Int
    private let process: ChildProcess

    /// A server takes a moment to start; all the tests of a run share it.
    private static let shared = Mutex<Task<MongoServer, any Error>?>(nil)

    /// A server of ours that a test kills leaves its transactions behind; they hold what they wrote for no longer than
    /// this many seconds.
    package static let forgetful = ["--transaction-lifetime", "10"]

    /// What the operator of the tests has named.
    package static var given: String? {
        ProcessInfo.processInfo.environment["MONGODB_URI"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A connection string for a database that nobody else has; it comes to be when something is written.
    ///
    /// - Parameters:
    ///   - name: a word that tells, of a database that a crash left behind, which test it was.
    ///   - server: nil for that of the run.
    package static func ownDatabase(_ name: String, on server: MongoServer? = nil) async throws -> String {
        let word = String(name.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }.prefix(24))
        let database = "farebus_test_\(word)_\(UUID().uuidString.filter { $0 != "-" }.prefix(12).lowercased())"
        if let server { return server.uri(database) }
        if let given { return uri(given, database: database) }
        let started = shared.withLock { task in
            if let task { return task }
            let new = Task { try await start(forgetful) }
            task = new
            return new
        }
        return try await started.value.uri(database)
    }

    private func uri(_ database: String) -> String {
        "mongodb://127.0.0.1:\(port)/\(database)?directConnection=true"
    }

    /// A connection string with another database. By hand: those with several hosts are no URLs to Foundation.
    package static func uri(_ uri: String, database: String) -> String {
        guard let start = uri.range(of: "://")?.upperBound else { return uri }
        let hosts = uri[start...].prefix { $0 != "/" && $0 != "?" }
        let options = uri[hosts.endIndex...].firstIndex(of: "?").map { uri[$0...] } ?? ""
        return "\(uri[..<hosts.endIndex])/\(database)\(options)"
    }

    /// Starts the server that stands in for MongoDB, and waits until it takes connections.
    ///
    /// - Parameter arguments: further options of `scripts/mongo-test-server.sh serve`.
    package static func start(_ arguments: [String] = []) async throws -> MongoServer {
        let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
        let process = try ChildProcess(
            package.appending(path: "scripts/mongo-test-server.sh"), ["serve"] + arguments,
            environment: ProcessInfo.processInfo.environment.filter { $0.key == "FAREBUS_CACHE" }
        )
        do {
            // The first start on a machine installs it.
            let line = try await withDeadline(180, "MongoDB's test server") {
                await process.output.firstLine { $0.contains("mongodb://") }
            }
            guard let text = line?.split(separator: ":").last, let port = Int(text.prefix { $0.isNumber }) else {
                throw DidNotStart()
            }
            return MongoServer(port: port, process: process)
        } catch {
            await process.end()
            throw ChildProcessFailure(
                what: "MongoDB's test server did not start: \(error)", output: process.output.text,
                errors: process.errors.text
            )
        }
    }

    /// Ends it.
    package func stop() async {
        resume()
        await process.end()
    }

    /// Stops it in mid-air (SIGSTOP): the system still takes connections and bytes for it.
    package func pause() { process.send(SIGSTOP) }

    /// Lets it go on (SIGCONT).
    package func resume() { process.send(SIGCONT) }

    private struct DidNotStart: Error, CustomStringConvertible {
        let description = "it ended before it took connections"
    }
}

package import Foundation

/// A running `farebus serve` on 127.0.0.1, on a port that the system chose.
package struct ServerProcess: Sendable {
    package let process: ChildProcess
    package let port: Int
    package let place: ServerPlace

    package var host: String { "127.0.0.1" }
    /// Its data folder.
    package var data: URL { place.data }

    /// Starts a server and waits until it listens.
    ///
    /// - Parameters:
    ///   - place: what it works on.
    ///   - demo: whether it makes, or goes on with, the data of a demo. It has 40 riders unless `environment` says
    ///     otherwise: many take long to make.
    ///   - arguments: further options.
    ///   - environment: further settings (`FAREBUS_…`).
    ///   - seconds: how long it may take.
    package static func start(
        in place: ServerPlace, demo: Bool = true, arguments: [String] = [], environment: [String: String] = [:],
        seconds: Double = 60
    ) async throws -> ServerProcess {
        let process = try ChildProcess(
            try FarebusBinary.locate(),
            ["serve", "--host", "127.0.0.1", "--port", "0", "--data", place.data.path(percentEncoded: false)]
                + (demo ? ["--demo"] : []) + arguments,
            environment: ["FAREBUS_DEMO_RIDERS": "40"].merging(place.environment) { $1 }.merging(environment) { $1 },
            in: place.data
        )
        do {
            let line = try await withDeadline(seconds, "the server to listen") {
                await process.output.firstLine { port(in: $0) != nil }
            }
            guard let port = line.flatMap(port(in:)) else {
                let exit = try await process.waitForExit(seconds: 10)
                throw DidNotListen(exit: exit)
            }
            SecretWatch.learnKey(in: place.data.appending(path: "secret.key"))
            if let key = environment["FAREBUS_SECRET_KEY_FILE"] { SecretWatch.learnKey(in: URL(filePath: key)) }
            return ServerProcess(process: process, port: port, place: place)
        } catch {
            await process.end()
            throw ChildProcessFailure(
                what: "the server did not start: \(error)", output: process.output.text, errors: process.errors.text
            )
        }
    }

    /// Runs `body` against a server of its own, and ends the server whatever comes of it. After a `body` that went well
    /// the server must stop well, too.
    package static func with<Value: Sendable>(
        in place: ServerPlace, demo: Bool = true, arguments: [String] = [], environment: [String: String] = [:],
        _ body: (ServerProcess) async throws -> Value
    ) async throws -> Value {
        let server = try await start(in: place, demo: demo, arguments: arguments, environment: environment)
        do {
            let value = try await body(server)
            try await server.stop()
            return value
        } catch {
            await server.process.end()
            throw error
        }
    }

    /// Asks the server to stop, and waits until it has.
    ///
    /// - Throws: ``ChildProcessFailure`` with what it wrote, if it does not end with status 0 in time.
    package func stop(seconds: Double = 30) async throws {
        process.terminate()
        let exit = try await process.waitForExit(seconds: seconds)
        guard exit == .code(0) else {
            throw ChildProcessFailure(
                what: "the server was asked to stop, and ended with \(exit)", output: process.output.text,
                errors: process.errors.text
            )
        }
    }

    /// The sessions that a demo makes: tokens by e-mail address.
    package func demoSessions() throws -> [String: String] {
        let file = data.appending(path: "demo-sessions.json")
        let sessions = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: file))
        for token in sessions.values { SecretWatch.learnToken(token) }
        return sessions
    }

    /// `Listening on http://127.0.0.1:54321`
    private static func port(in line: String) -> Int? {
        guard let address = line.firstRange(of: "Listening on http://") else { return nil }
        return line[address.upperBound...].split(separator: ":").dropFirst().first
            .flatMap { Int($0.prefix { $0.isNumber }) }
    }

    private struct DidNotListen: Error, CustomStringConvertible {
        let exit: ChildProcess.Exit
        var description: String { "it ended (\(exit)) before it listened" }
    }
}

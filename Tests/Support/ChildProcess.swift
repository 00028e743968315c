package import Foundation
import Synchronization

/// A process that a test started, and that does not outlive it.
///
/// Whoever starts one ends it; should the whole test run be killed, the system ends it.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum Exit: Sendable, Equatable, CustomStringConvertible {
        case code(Int32)
        case signal(Int32)

        package var description: String {
            switch self {
            case .code(let code): "exit code \(code)"
            case .signal(let signal): "signal \(signal)"
            }
        }
    }

    package let pid: Int32
    package let output: ProcessOutput
    package let errors: ProcessOutput
    private let life: ChildLife

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: the executable file.
    ///   - arguments: its arguments.
    ///   - environment: variables beside, or in place of, those of the test.
    ///   - folder: where it starts.
    package init(
        _ program: URL, _ arguments: [String] = [], environment: [String: String] = [:], in folder: URL? = nil
    ) throws {
        // A setting of the person who runs the tests is not one of the program under test.
        let inherited = ProcessInfo.processInfo.environment.filter {
            !$0.key.hasPrefix("FAREBUS_") && !["MONGODB_URI", "REDIS_URL"].contains($0.key)
        }
        // A demo prints its letters, with the codes in them: that is its mailbox, and no place where none may be.
        let isFarebus = program.lastPathComponent == "farebus"
        output = ProcessOutput(isWatched: isFarebus && !arguments.contains("--demo"))
        errors = ProcessOutput(isWatched: isFarebus)
        let (out, err) = (try OutputPipe(), try OutputPipe())
        let launch = ChildLaunch(
            program: program.path(percentEncoded: false), arguments: arguments,
            environment: inherited.merging(environment) { $1 }, folder: folder?.path(percentEncoded: false),
            output: out.writing, errors: err.writing
        )
        do {
            life = try ChildLife.begin(launch)
        } catch {
            for pipe in [out, err] { pipe.abandon() }
            throw error
        }
        pid = life.pid
        out.pass(to: output)
        err.pass(to: errors)
    }

    /// Whether it still runs.
    package var isRunning: Bool { life.exit == nil }

    /// Sends a signal, if there is still somebody to get it.
    package func send(_ signal: Int32) { life.send(signal) }

    /// Asks it to stop (SIGTERM).
    package func terminate() { send(SIGTERM) }

    /// Ends it at once, wherever it stands (SIGKILL).
    package func kill9() { send(SIGKILL) }

    /// Waits until it has ended by itself.
    ///
    /// - Throws: ``ChildProcessFailure`` with what it wrote, after it was killed.
    @discardableResult
    package func waitForExit(seconds: Double = 30) async throws -> Exit {
        let life = life
        do {
            return try await withDeadline(seconds, "the end of process \(pid)") { await life.ended() }
        } catch {
            kill9()
            throw ChildProcessFailure(what: "\(error)", output: output.text, errors: errors.text)
        }
    }

    /// Ends it, kindly at first, and waits until it is gone. Never fails: for the end of a test.
    package func end(grace seconds: Double = 10) async {
        terminate()
        _ = try? await waitForExit(seconds: seconds)
        _ = try? await waitForExit(seconds: 5)
    }
}

/// A process did not do what a test needs of it.
package struct ChildProcessFailure: Error, CustomStringConvertible {
    package let what: String
    package let output: String
    package let errors: String

    package var description: String {
        "\(what)\n--- output:\n\(output.suffix(4000))\n--- errors:\n\(errors.suffix(4000))"
    }
}

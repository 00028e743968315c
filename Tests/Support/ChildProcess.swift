package import Foundation
import Synchronization

/// A process that a test started, and that does not outlive it.
///
/// Whoever starts one ends it; should the whole test run be killed, a watchdog that notices the closed pipe ends it.
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
    package let output = ProcessOutput()
    package let errors = ProcessOutput()
    private let exits = ExitWaiters()

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
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        // A setting of the person who runs the tests is not one of the program under test.
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("FAREBUS_") }
        process.environment = inherited.merging(environment) { $1 }
        if let folder { process.currentDirectoryURL = folder }
        let (out, err) = (Pipe(), Pipe())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = out
        process.standardError = err
        Self.pass(out.fileHandleForReading, to: output)
        Self.pass(err.fileHandleForReading, to: errors)
        let (exits, guardian) = (exits, Watchdog())
        process.terminationHandler = { process in
            guardian.dismiss()
            let (status, reason) = (process.terminationStatus, process.terminationReason)
            exits.finish(reason == .uncaughtSignal ? .signal(status) : .code(status))
        }
        try process.run()
        pid = process.processIdentifier
        try guardian.watch(pid)
    }

    /// Whether it still runs.
    package var isRunning: Bool { exits.exit == nil }

    /// Sends a signal, if there is still somebody to get it.
    package func send(_ signal: Int32) {
        if isRunning { kill(pid, signal) }
    }

    /// Asks it to stop (SIGTERM).
    package func terminate() { send(SIGTERM) }

    /// Ends it at once, wherever it stands (SIGKILL).
    package func kill9() { send(SIGKILL) }

    /// Waits until it has ended by itself.
    ///
    /// - Throws: ``DeadlinePassed`` with what it wrote, after it was killed.
    @discardableResult
    package func waitForExit(seconds: Double = 30) async throws -> Exit {
        let exits = exits
        do {
            return try await withDeadline(seconds, "the end of process \(pid)") { await exits.value() }
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

    private static func pass(_ handle: FileHandle, to output: ProcessOutput) {
        handle.readabilityHandler = { handle in
            let data = handle.availableData
            guard data.isEmpty else { return output.append(data) }
            handle.readabilityHandler = nil
            output.close()
        }
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

/// Tells everybody who waits that a process has ended.
private final class ExitWaiters: Sendable {
    private struct State {
        var exit: ChildProcess.Exit?
        var waiters: [CheckedContinuation<ChildProcess.Exit, Never>] = []
    }

    private let state = Mutex(State())

    var exit: ChildProcess.Exit? { state.withLock { $0.exit } }

    func finish(_ exit: ChildProcess.Exit) {
        let waiters = state.withLock { state in
            state.exit = exit
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: exit) }
    }

    func value() async -> ChildProcess.Exit {
        await withCheckedContinuation { continuation in
            let exit: ChildProcess.Exit? = state.withLock { state in
                if state.exit == nil { state.waiters.append(continuation) }
                return state.exit
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }
}

/// Ends a process when the test run itself is gone, however that came to its end.
///
/// A shell waits on a pipe whose other end only the test run holds. The kernel closes that end even after a SIGKILL.
private final class Watchdog: Sendable {
    private let line = Mutex<FileHandle?>(nil)
    private let isDismissed = Mutex(false)

    func watch(_ pid: Int32) throws {
        let (shell, pipe) = (Process(), Pipe())
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", #"read -r word || kill -9 "$0""#, String(pid)]
        shell.standardInput = pipe
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        try shell.run()
        line.withLock { $0 = pipe.fileHandleForWriting }
        // The process may have been quicker than this.
        if isDismissed.withLock({ $0 }) { dismiss() }
    }

    func dismiss() {
        isDismissed.withLock { $0 = true }
        let handle = line.withLock { line in
            defer { line = nil }
            return line
        }
        try? handle?.write(contentsOf: Data("done\n".utf8))
        try? handle?.close()
    }
}

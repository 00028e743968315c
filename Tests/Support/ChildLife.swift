import Foundation
import Synchronization

/// A child process from its start to its end, as the system tells them.
///
/// One thread starts it, waits for it and is there as long as it is: the system sends the signal of a parent's death
/// when the thread that started the child is gone.
final class ChildLife: Sendable {
    let pid: Int32
    private let state = Mutex(State())

    private struct State {
        var exit: ChildProcess.Exit?
        var waiters: [CheckedContinuation<ChildProcess.Exit, Never>] = []
    }

    private init(pid: Int32) {
        self.pid = pid
    }

    /// Starts a child. It holds its caller up for the moment that the start takes.
    static func begin(_ launch: ChildLaunch) throws -> ChildLife {
        let (started, result) = (DispatchSemaphore(value: 0), StartResult())
        Thread.detachNewThread {
            let begun = Result { ChildLife(pid: try launch.start()) }
            result.value.withLock { $0 = begun }
            started.signal()
            if case .success(let life) = begun { life.waitForEnd() }
        }
        started.wait()
        guard let begun = result.value.withLock({ $0 }) else { throw POSIXError(.ECHILD) }
        return try begun.get()
    }

    private final class StartResult: Sendable {
        let value = Mutex<Result<ChildLife, any Error>?>(nil)
    }

    /// How it ended; nil while it runs.
    var exit: ChildProcess.Exit? { state.withLock { $0.exit } }

    /// Sends a signal, but never to whoever has got the same number since.
    func send(_ signal: Int32) {
        state.withLock { state in
            if state.exit == nil { kill(pid, signal) }
        }
    }

    /// Waits for the end.
    func ended() async -> ChildProcess.Exit {
        await withCheckedContinuation { continuation in
            let exit: ChildProcess.Exit? = state.withLock { state in
                if state.exit == nil { state.waiters.append(continuation) }
                return state.exit
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    private func waitForEnd() {
        // Its number is its own until it is reaped, so this only waits, and the reaping is done where no signal is sent.
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) == -1, errno == EINTR {}
        let (exit, waiters) = state.withLock { state in
            let exit = reap()
            state.exit = exit
            defer { state.waiters = [] }
            return (exit, state.waiters)
        }
        for waiter in waiters { waiter.resume(returning: exit) }
    }

    private func reap() -> ChildProcess.Exit {
        var status: Int32 = 0
        var reaped = waitpid(pid, &status, 0)
        while reaped == -1, errno == EINTR { reaped = waitpid(pid, &status, 0) }
        guard reaped == pid else { return .code(-1) }
        // The macros of sys/wait.h, which have no names in Swift.
        let signal = status & 0x7f
        return signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
    }
}

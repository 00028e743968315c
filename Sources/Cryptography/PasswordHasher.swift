import Foundation
import Synchronization

/// Hashes passwords on threads of its own, a bounded number at once; others wait in a bounded line, in the order in which
/// they came, and beyond that are turned away.
///
/// A hash takes tens of milliseconds and megabytes on purpose. Anywhere else it would stop an event loop or the
/// cooperative pool; without the bounds, sign-ins would take all processors and all memory.
package final class PasswordHasher: Sendable {
    /// The line is full.
    package struct Overload: Error {
        /// Seconds after which the line has probably moved on.
        package let retryAfter: Int
    }

    package let cost: Argon2id.Cost
    private let line: HashingLine

    /// - Parameters:
    ///   - threads: how many passwords are hashed at once.
    ///   - waiting: how many more may wait.
    ///   - cost: what each new hash costs.
    package init(threads: Int = 1, waiting: Int = 64, cost: Argon2id.Cost = Argon2id.Cost()) {
        precondition(threads > 0 && waiting >= 0, "somebody must hash")
        self.cost = cost
        let line = HashingLine(threads: threads, waiting: waiting)
        self.line = line
        for number in 1...threads {
            let thread = Thread { line.work() }
            thread.name = "password-\(number)"
            // Argon2 keeps its memory on the heap; its frames are small.
            thread.stackSize = 512 * 1024
            thread.start()
        }
    }

    deinit {
        line.close()
    }

    /// The hash of a new password, as a PHC string.
    ///
    /// - Parameters:
    ///   - password: the password, normalised as it will be when it is checked.
    ///   - salt: 16 random bytes.
    /// - Throws: ``Overload``, ``Argon2id/Failure``.
    package func hash(_ password: String, salt: [UInt8]) async throws -> String {
        let (bytes, cost) = (Array(password.utf8), cost)
        return try await run { try Argon2id.hash(bytes, salt: salt, cost: cost) }
    }

    /// Whether a password is the one of a hash.
    ///
    /// - Throws: ``Overload``, ``Argon2id/Failure``.
    package func verify(_ password: String, against hash: String) async throws -> Bool {
        let bytes = Array(password.utf8)
        return try await run { try Argon2id.verify(bytes, against: hash) }
    }

    private func run<Value: Sendable>(_ job: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let isAccepted = line.append { continuation.resume(with: Result(catching: job)) }
            if !isAccepted { continuation.resume(throwing: Overload(retryAfter: line.secondsToClear)) }
        }
    }
}

/// The jobs that wait for a thread, and the threads that wait for a job.
///
/// `@unchecked Sendable`: `state` is only touched while `condition` is held. A `Mutex` can't be waited on.
private final class HashingLine: @unchecked Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        /// The first job that was not yet taken.
        var head = 0
        var busy = 0
        var isClosed = false

        var count: Int { jobs.count - head }
    }

    private let threads: Int
    private let waiting: Int
    private let condition = NSCondition()
    private var state = State()

    init(threads: Int, waiting: Int) {
        self.threads = threads
        self.waiting = waiting
    }

    /// A hash takes some 20 to 50 ms: this errs on the long side.
    var secondsToClear: Int { max(1, (waiting / threads + 19) / 20) }

    /// - Returns: false if the line is full.
    func append(_ job: @escaping @Sendable () -> Void) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        // An idle thread that has not yet woken is a place too.
        guard state.count < waiting + threads - state.busy else { return false }
        state.jobs.append(job)
        condition.signal()
        return true
    }

    func close() {
        condition.lock()
        state.isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    /// The life of one thread. Jobs that were accepted are done even after the close: somebody awaits each.
    func work() {
        Self.yieldToOthers()
        while let job = next() {
            job()
            condition.lock()
            state.busy -= 1
            condition.unlock()
        }
    }

    private func next() -> (@Sendable () -> Void)? {
        condition.lock()
        defer { condition.unlock() }
        while state.count == 0 {
            if state.isClosed { return nil }
            condition.wait()
        }
        let job = state.jobs[state.head]
        state.head += 1
        if state.head == state.jobs.count {
            state.jobs.removeAll(keepingCapacity: true)
            state.head = 0
        } else if state.head > 64 {
            state.jobs.removeFirst(state.head)
            state.head = 0
        }
        state.busy += 1
        return job
    }

    /// On Linux each thread has a niceness of its own: a burst of sign-ins leaves the processors to whoever books a seat.
    private static func yieldToOthers() {
        #if os(Linux)
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
        #endif
    }
}

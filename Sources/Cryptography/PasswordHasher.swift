import Foundation

/// Hashes passwords on threads of its own, a bounded number at once; others wait in a bounded line that is fair to the
/// places that they come from, and beyond that are turned away. See ``HashingQueue``.
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
    package init(threads: Int = 1, waiting: Int = 128, cost: Argon2id.Cost = Argon2id.Cost()) {
        precondition(threads > 0 && waiting >= 0, "somebody must hash")
        self.cost = cost
        let line = HashingLine(threads: threads, waiting: waiting)
        self.line = line
        for number in 1...threads {
            let thread = Thread { line.work(as: "password-\(number)") }
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
    ///   - source: where it comes from, such as a network address; sources are served in turn.
    /// - Throws: ``Overload``, ``Argon2id/Failure``.
    package func hash(_ password: String, salt: [UInt8], source: String = "") async throws -> String {
        let (bytes, cost) = (Array(password.utf8), cost)
        return try await run(source) { try Argon2id.hash(bytes, salt: salt, cost: cost) }
    }

    /// Whether a password is the one of a hash, at the costs of that hash.
    ///
    /// - Parameters:
    ///   - password: the password, normalised as it was when it was hashed.
    ///   - hash: a PHC string.
    ///   - source: where it comes from, such as a network address; sources are served in turn.
    /// - Throws: ``Overload``, ``Argon2id/Failure``.
    package func verify(_ password: String, against hash: String, source: String = "") async throws -> Bool {
        let bytes = Array(password.utf8)
        return try await run(source) { try Argon2id.verify(bytes, against: hash) }
    }

    private func run<Value: Sendable>(
        _ source: String, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            line.append(
                HashingJob(
                    work: {
                        let result = Result(catching: work)
                        return { continuation.resume(with: result) }
                    },
                    turnAway: { continuation.resume(throwing: Overload(retryAfter: $0)) }
                ),
                of: source
            )
        }
    }
}

/// What one caller awaits: exactly one of the two is done, once.
private struct HashingJob: Sendable {
    /// Returns what tells the caller: to be done once the thread is free for the next job, which may be the caller's.
    let work: @Sendable () -> @Sendable () -> Void
    /// - Parameter seconds: after which the line has probably moved on.
    let turnAway: @Sendable (_ seconds: Int) -> Void
}

/// The threads that hash, around the queue that says for whom.
///
/// `@unchecked Sendable`: `state` is only touched while `condition` is held. A `Mutex` can't be waited on.
private final class HashingLine: @unchecked Sendable {
    private struct State {
        var queue: HashingQueue<HashingJob>
        var isClosed = false
    }

    private let condition = NSCondition()
    private var state: State

    init(threads: Int, waiting: Int) {
        state = State(queue: HashingQueue(threads: threads, waiting: waiting))
    }

    func append(_ job: HashingJob, of source: String) {
        condition.lock()
        let out: HashingJob?
        switch state.queue.append(job, of: source) {
        case .waits: out = nil
        case .replaces(let other): out = other
        case .turnedAway: out = job
        }
        let seconds = state.queue.secondsToClear
        condition.signal()
        condition.unlock()
        out?.turnAway(seconds)
    }

    func close() {
        condition.lock()
        state.isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    /// The life of one thread. Jobs that were accepted are done even after the close: somebody awaits each.
    ///
    /// - Parameter name: as the system's tools show it.
    func work(as name: String) {
        // Only a thread itself can tell the system its name.
        Thread.current.name = name
        Self.yieldToOthers()
        let clock = ContinuousClock()
        while let job = next() {
            let start = clock.now
            let answer = job.work()
            let taken = start.duration(to: clock.now)
            condition.lock()
            state.queue.finished(after: taken / .seconds(1))
            condition.unlock()
            answer()
        }
    }

    private func next() -> HashingJob? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let job = state.queue.next() { return job }
            if state.isClosed { return nil }
            condition.wait()
        }
    }

    /// On Linux each thread has a niceness of its own: a burst of sign-ins leaves the processors to whoever books a seat.
    ///
    /// The least there is but for `SCHED_IDLE`, under which a busy neighbour on the same machine would keep everybody from
    /// signing in. docs/benchmarks.md has the measurements.
    private static func yieldToOthers() {
        #if os(Linux)
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
        #endif
    }
}

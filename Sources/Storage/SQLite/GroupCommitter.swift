import CommandBus
import GRDB
import Logging
import Synchronization

/// Runs units of work one after another on the writer's thread, and makes all that are waiting durable with one commit.
///
/// Each unit runs in a savepoint of its own, so that a refusal undoes its own work only. Nobody is answered before the
/// commit, refusals included: what they were decided on must not be undone either.
final class GroupCommitter: Sendable {
    /// A unit of work with its types erased.
    struct Job: Sendable {
        /// Runs the unit inside the open transaction.
        let perform: @Sendable (Database) -> Void
        /// Settles the unit: nil after the commit, else why there was none.
        let settle: @Sendable ((any Error)?) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var isRunning = false
    }

    /// Units that may wait; beyond it they are turned away before they begin.
    private let capacity: Int
    /// Units in one commit: bounds how long the first of them waits for the last.
    private let batchSize: Int
    private let state = Mutex(State())
    private let pool: DatabasePool
    private let logger: Logger

    init(pool: DatabasePool, capacity: Int = 16_384, batchSize: Int = 512, logger: Logger) {
        self.pool = pool
        self.capacity = capacity
        self.batchSize = batchSize
        self.logger = logger
    }

    /// - Returns: false if too many units are waiting already; the job was not taken.
    func submit(_ job: Job) -> Bool {
        let (taken, start) = state.withLock { state in
            guard state.waiting.count < capacity else { return (false, false) }
            state.waiting.append(job)
            defer { state.isRunning = true }
            return (true, !state.isRunning)
        }
        if start { pool.asyncWriteWithoutTransaction { db in self.drain(db) } }
        return taken
    }

    private func drain(_ db: Database) {
        while let batch = nextBatch() {
            do {
                try db.beginTransaction(.immediate)
                for job in batch {
                    job.perform(db)
                    // A full disk or an I/O error makes SQLite roll back everything, not only the savepoint.
                    guard db.isInsideTransaction else { throw LostTransaction() }
                }
                try db.commit()
                for job in batch { job.settle(nil) }
            } catch {
                logger.error("a commit failed", metadata: ["error": "\(error)", "units": "\(batch.count)"])
                if db.isInsideTransaction {
                    do {
                        try db.rollback()
                    } catch {
                        logger.error("a rollback failed", metadata: ["error": "\(error)"])
                    }
                }
                for job in batch { job.settle(error) }
            }
        }
    }

    private func nextBatch() -> [Job]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isRunning = false
                return nil
            }
            let batch = Array(state.waiting.prefix(batchSize))
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }

    private struct LostTransaction: Error {}
}

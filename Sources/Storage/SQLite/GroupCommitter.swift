import GRDB
import Logging

/// Runs units of work one after another on the writer's thread, and makes all that are waiting durable with one commit.
///
/// Each unit runs in a savepoint of its own, so that a refusal undoes its own work only. Nobody is answered before the
/// commit, refusals included: what they were decided on must not be undone either.
struct GroupCommitter: Sendable {
    /// A unit of work with its types erased.
    struct Job: Sendable {
        /// Runs the unit inside the open transaction.
        let perform: @Sendable (Database) -> Void
        /// Settles the unit: nil after the commit, else why there was none.
        let settle: @Sendable ((any Error)?) -> Void
    }

    private let queue: BatchQueue<Job>

    /// - Parameter batchSize: units in one commit; it bounds how long the first of them waits for the last.
    init(pool: DatabasePool, batchSize: Int = 512, logger: Logger) {
        queue = BatchQueue(name: "farebus.writer", threads: 1, batchSize: batchSize) { batch in
            do {
                try pool.writeWithoutTransaction { db in try Self.commit(batch, db) }
                for job in batch { job.settle(nil) }
            } catch {
                logger.error("a commit failed", metadata: ["error": "\(error)", "units": "\(batch.count)"])
                for job in batch { job.settle(error) }
            }
        }
    }

    /// - Returns: false if too many units are waiting already, or the store is closed; the job was not taken.
    func submit(_ job: Job) -> Bool {
        queue.submit(job)
    }

    /// Returns when what was submitted is settled.
    func stop() {
        queue.stop()
    }

    private static func commit(_ batch: [Job], _ db: Database) throws {
        try db.beginTransaction(.immediate)
        do {
            for job in batch {
                job.perform(db)
                // A full disk or an I/O error makes SQLite roll back everything, not only the savepoint.
                guard db.isInsideTransaction else { throw LostTransaction() }
            }
            try db.commit()
        } catch {
            if db.isInsideTransaction { try db.rollback() }
            throw error
        }
    }

    private struct LostTransaction: Error {}
}

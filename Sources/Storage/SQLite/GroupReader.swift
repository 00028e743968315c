import CommandBus
import GRDB

/// Runs reads on threads of their own; those that wait together share one snapshot.
///
/// The snapshot is taken after the reads were asked for, so each of them sees everything that was committed before.
struct GroupReader: Sendable {
    /// A read with its types erased: it is given a connection, or why there is none.
    typealias Job = @Sendable (Result<Database, any Error>) -> Void

    private let queue: BatchQueue<Job>

    /// - Parameter batchSize: reads in one snapshot; it bounds how long one waits for the others.
    init(pool: DatabasePool, threads: Int, batchSize: Int = 32) {
        queue = BatchQueue(name: "farebus.reader", threads: threads, batchSize: batchSize) { batch in
            var hasBegun = false
            do {
                try pool.read { db in
                    hasBegun = true
                    for job in batch { job(.success(db)) }
                }
            } catch {
                // Each job answers for its own errors; this one is nobody's if it came after them.
                guard !hasBegun else { return }
                for job in batch { job(.failure(error)) }
            }
        }
    }

    /// - Returns: false if too many reads are waiting already, or the store is closed; the job was not taken.
    func submit(_ job: @escaping Job) -> Bool {
        queue.submit(job)
    }

    /// Returns when what was submitted is done.
    func stop() {
        queue.stop()
    }
}

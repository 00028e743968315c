import Foundation

/// Jobs that wait for threads of their own, which take as many at once as are waiting.
///
/// The engine blocks; its threads are neither an event loop's nor the cooperative pool's. Taking jobs in batches is what
/// makes one commit, or one snapshot, serve many callers.
///
/// `@unchecked Sendable`: the mutable state is only touched while `condition` is locked.
final class BatchQueue<Job: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var waiting: [Job] = []
    private var isStopped = false
    private let capacity: Int
    private let batchSize: Int
    private let running = DispatchGroup()

    /// - Parameters:
    ///   - name: what the threads are called.
    ///   - threads: how many there are.
    ///   - capacity: how many jobs may wait; more are turned away.
    ///   - batchSize: how many jobs are taken at once, at most.
    ///   - run: runs a batch, on one of the threads.
    init(
        name: String, threads: Int, capacity: Int = 16_384, batchSize: Int,
        run: @escaping @Sendable (_ batch: [Job]) -> Void
    ) {
        self.capacity = capacity
        self.batchSize = batchSize
        for _ in 0..<threads {
            running.enter()
            let thread = Thread { [self] in
                while let batch = next() { run(batch) }
                running.leave()
            }
            thread.name = String(name.prefix(15))
            thread.start()
        }
    }

    /// - Returns: false if too many jobs wait already or the queue was stopped; the job was not taken.
    func submit(_ job: Job) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !isStopped, waiting.count < capacity else { return false }
        waiting.append(job)
        condition.signal()
        return true
    }

    /// Takes no more jobs, and returns when those that wait have been run. Blocks.
    func stop() {
        condition.lock()
        isStopped = true
        condition.broadcast()
        condition.unlock()
        running.wait()
    }

    private func next() -> [Job]? {
        condition.lock()
        defer { condition.unlock() }
        while waiting.isEmpty {
            if isStopped { return nil }
            condition.wait()
        }
        guard waiting.count > batchSize else {
            defer { waiting = [] }
            return waiting
        }
        let batch = Array(waiting.prefix(batchSize))
        waiting.removeFirst(batchSize)
        return batch
    }
}

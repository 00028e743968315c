import Foundation
import Support
import Synchronization
import Testing

@testable import Storage

@Suite("Jobs that wait for threads of their own")
struct BatchQueueTests {
    private final class Batches: Sendable {
        private let kept = Mutex<[[Int]]>([])
        private let held: Hold?
        let results = Results()
        var all: [[Int]] { kept.withLock { $0 } }

        /// - Parameter held: holds the first batch up.
        init(held: Hold? = nil) { self.held = held }

        func run(_ batch: [Int]) {
            let isFirst = kept.withLock { kept in
                kept.append(batch)
                return kept.count == 1
            }
            if isFirst { held?.wait() }
            for job in batch { results.settle(job, nil) }
        }
    }

    private func queue(_ batches: Batches, capacity: Int = 100, batchSize: Int = 10, threads: Int = 1) -> BatchQueue<Int> {
        BatchQueue(name: "test", threads: threads, capacity: capacity, batchSize: batchSize) { batches.run($0) }
    }

    @Test("What waits is taken together, in its order, a batch at a time")
    func batches() async throws {
        let hold = Hold()
        let batches = Batches(held: hold)
        let queue = queue(batches)
        #expect(queue.submit(0))
        try await hold.reached()
        for job in 1...25 { #expect(queue.submit(job)) }
        hold.release()
        try await batches.results.wait(for: 26)
        #expect(batches.all == [[0], Array(1...10), Array(11...20), Array(21...25)])
        queue.stop()
    }

    @Test("Too many that wait are turned away, until there is room")
    func capacity() async throws {
        let hold = Hold()
        let batches = Batches(held: hold)
        let queue = queue(batches, capacity: 3)
        #expect(queue.submit(0))
        try await hold.reached()
        #expect((1...5).map { queue.submit($0) } == [true, true, true, false, false])
        hold.release()
        try await batches.results.wait(for: 4)
        #expect(queue.submit(6))
        try await batches.results.wait(for: 5)
        #expect(batches.all == [[0], [1, 2, 3], [6]])
        queue.stop()
    }

    @Test("To stop is to finish what waits, and to take no more")
    func stop() async throws {
        let hold = Hold()
        let batches = Batches(held: hold)
        let queue = queue(batches)
        #expect(queue.submit(0))
        try await hold.reached()
        for job in 1...25 { #expect(queue.submit(job)) }
        hold.release()
        queue.stop()
        #expect(batches.all.flatMap(\.self) == Array(0...25))
        #expect(!queue.submit(26))
        queue.stop()
        #expect(batches.all.flatMap(\.self) == Array(0...25))
    }

    @Test("None is lost or done twice, however many threads there are", arguments: [1, 2, 4])
    func threads(threads: Int) async throws {
        let batches = Batches()
        let queue = queue(batches, capacity: 10_000, threads: threads)
        await withTaskGroup { group in
            for start in 0..<4 {
                group.addTask {
                    for job in stride(from: start, to: 4000, by: 4) where !queue.submit(job) { Issue.record("turned away") }
                }
            }
        }
        queue.stop()
        #expect(batches.all.flatMap(\.self).sorted() == Array(0..<4000))
        #expect(batches.all.allSatisfy { (1...10).contains($0.count) })
    }
}

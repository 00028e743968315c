import CommandBus
import Dispatch
import Foundation
import GRDB
import Support
import Synchronization
import Testing

@testable import Storage

@Suite("Commits in groups")
struct GroupCommitterTests {
    private let folder: TemporaryFolder
    private let pool: DatabasePool
    private let commits = CommitCounter()

    init() throws {
        folder = try TemporaryFolder("committer")
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        pool = try DatabasePool(path: folder.file("test.db").path(percentEncoded: false), configuration: configuration)
        try pool.write { db in
            try db.execute(sql: "CREATE TABLE units (number INTEGER PRIMARY KEY)")
            try db.execute(
                sql: "CREATE TABLE broken (number INTEGER REFERENCES units (number) DEFERRABLE INITIALLY DEFERRED)"
            )
        }
        pool.add(transactionObserver: commits, extent: .databaseLifetime)
    }

    private func committer(batchSize: Int = 512) -> GroupCommitter {
        GroupCommitter(pool: pool, batchSize: batchSize, logger: StoreFixture.silent)
    }

    private func numbers() throws -> [Int] {
        try pool.read { db in try Int.fetchAll(db, sql: "SELECT number FROM units ORDER BY number") }
    }

    /// Holds the writer up until it is released, so that what is submitted meanwhile becomes one batch.
    private func hold(_ committer: GroupCommitter) async throws -> Hold {
        let hold = Hold()
        #expect(committer.submit(.init(perform: { _ in hold.wait() }, settle: { _ in })))
        try await hold.reached()
        return hold
    }

    private func insert(_ number: Int, _ results: Results) -> GroupCommitter.Job {
        .init(
            perform: { db in try? db.execute(sql: "INSERT INTO units VALUES (?)", arguments: [number]) },
            settle: { results.settle(number, $0) }
        )
    }

    @Test("What waits is made durable by one commit, in its order, and told after it")
    func oneCommit() async throws {
        let (committer, results) = (committer(), Results())
        defer { committer.stop() }
        let hold = try await hold(committer)
        for number in 1...100 { #expect(committer.submit(insert(number, results))) }
        #expect(results.order.isEmpty)
        hold.release()
        try await results.wait(for: 100)
        #expect(results.order == Array(1...100))
        #expect(results.failures.isEmpty)
        #expect(try numbers() == Array(1...100))
        // The job that held the writer up, and everything that waited behind it.
        #expect(commits.count == 2)
    }

    @Test("A batch has a size")
    func batches() async throws {
        let (committer, results) = (committer(batchSize: 10), Results())
        defer { committer.stop() }
        let hold = try await hold(committer)
        for number in 1...25 { #expect(committer.submit(insert(number, results))) }
        hold.release()
        try await results.wait(for: 25)
        #expect(results.order == Array(1...25))
        #expect(commits.count == 4)
    }

    @Test("Nobody is told before the commit")
    func toldAfterwards() async throws {
        let (committer, results, pool) = (committer(), Results(), pool)
        defer { committer.stop() }
        let seen = Mutex<[Int]>([])
        let hold = try await hold(committer)
        for number in 1...3 {
            let job = insert(number, results)
            #expect(
                committer.submit(
                    .init(
                        perform: job.perform,
                        settle: { error in
                            // Another connection sees only what was committed.
                            let count = try? pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM units") }
                            seen.withLock { $0.append(count ?? -1) }
                            job.settle(error)
                        }
                    )
                )
            )
        }
        hold.release()
        try await results.wait(for: 3)
        #expect(seen.withLock { $0 } == [3, 3, 3])
    }

    @Test("A commit that fails fails everybody in it, leaves nothing, and the next one works")
    func failedCommit() async throws {
        let (committer, results) = (committer(), Results())
        defer { committer.stop() }
        let hold = try await hold(committer)
        #expect(committer.submit(insert(1, results)))
        #expect(
            committer.submit(
                .init(
                    perform: { db in try? db.execute(sql: "INSERT INTO broken VALUES (77)") },
                    settle: { results.settle(2, $0) }
                )
            )
        )
        #expect(committer.submit(insert(3, results)))
        hold.release()
        try await results.wait(for: 3)
        #expect(results.failures == [1, 2, 3])
        #expect(try numbers() == [])
        #expect(try await pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM broken") } == 0)
        #expect(committer.submit(insert(4, results)))
        try await results.wait(for: 4)
        #expect(results.failures == [1, 2, 3])
        #expect(try numbers() == [4])
    }

    @Test("A unit that loses the transaction fails everybody in it")
    func lostTransaction() async throws {
        let (committer, results) = (committer(), Results())
        defer { committer.stop() }
        let hold = try await hold(committer)
        #expect(committer.submit(insert(1, results)))
        #expect(
            committer.submit(.init(perform: { try? $0.execute(sql: "ROLLBACK") }, settle: { results.settle(2, $0) }))
        )
        // It must not run outside of a transaction, where its insert would be durable by itself.
        #expect(committer.submit(insert(3, results)))
        hold.release()
        try await results.wait(for: 3)
        #expect(results.failures == [1, 2, 3])
        #expect(try numbers() == [])
        #expect(committer.submit(insert(4, results)))
        try await results.wait(for: 4)
        #expect(try numbers() == [4])
    }

    @Test("To stop is to finish what was submitted, and to take no more")
    func stop() async throws {
        let (committer, results) = (committer(), Results())
        defer { committer.stop() }
        let hold = try await hold(committer)
        for number in 1...20 { #expect(committer.submit(insert(number, results))) }
        hold.release()
        committer.stop()
        #expect(results.order == Array(1...20))
        #expect(try numbers() == Array(1...20))
        #expect(!committer.submit(insert(21, results)))
        committer.stop()
    }

    @Test("None is lost, however many threads submit")
    func manyThreads() async throws {
        let (committer, results) = (committer(), Results())
        defer { committer.stop() }
        let jobs = (0..<4000).map { insert($0, results) }
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for index in stride(from: thread, to: jobs.count, by: 8) where !committer.submit(jobs[index]) {
                Issue.record("\(index) was turned away")
            }
        }
        try await results.wait(for: 4000)
        #expect(results.failures.isEmpty)
        #expect(try numbers() == Array(0..<4000))
        #expect(commits.count < 4000)
    }
}

/// Counts the commits of a database.
private final class CommitCounter: TransactionObserver, Sendable {
    private let commits = Mutex(0)
    var count: Int { commits.withLock { $0 } }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: Database) { commits.withLock { $0 += 1 } }
    func databaseDidRollback(_ db: Database) {}
}

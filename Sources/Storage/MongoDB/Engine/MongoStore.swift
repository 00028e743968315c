package import CommandBus
import Foundation
package import Logging

/// The store on a MongoDB deployment, which many instances may share: each unit of work is a transaction.
///
/// A commit is acknowledged by a majority of the members, on their disks, before anything is said to be done. libmongoc
/// blocks, so that every call runs on a thread of the store's own, with a client of its own.
///
/// - SeeAlso: https://www.mongodb.com/docs/manual/core/transactions/
package final class MongoStore: CommandStore {
    package typealias Snapshot = MongoSnapshot
    package typealias Transaction = MongoTransaction

    /// What waits for a thread.
    private struct Job: Sendable {
        /// When it is too late to begin.
        let end: ContinuousClock.Instant
        /// - Parameter isLate: whether it is, so that nothing is to be done but to say so.
        let run: @Sendable (_ isLate: Bool) -> Void
    }

    private let pool: MongoPool
    private let options: MongoOptions
    private let runner: MongoUnitRunner
    private let reader: MongoReader
    private let meters = MongoMeters()
    private let work: BatchQueue<Job>
    /// Health and upkeep: these don't wait behind a crowd.
    private let upkeep: BatchQueue<Job>

    private init(_ options: MongoOptions, pool: MongoPool, random: any RandomSource, logger: Logger) {
        self.pool = pool
        self.options = options
        runner = MongoUnitRunner(
            pool: pool, options: options, random: random, gate: ContentionGate(), order: CommitOrder(), meters: meters,
            logger: logger
        )
        reader = MongoReader(pool: pool, options: options, random: random, logger: logger)
        let run: @Sendable ([Job]) -> Void = { batch in
            for job in batch { job.run(ContinuousClock.now >= job.end) }
        }
        work = BatchQueue(
            name: "farebus.mongo", threads: options.threads, capacity: options.maxWaiting, batchSize: 1, run: run
        )
        upkeep = BatchQueue(name: "farebus.upkeep", threads: 1, capacity: 64, batchSize: 1, run: run)
    }

    /// Makes a store. Nothing is connected yet: the first call does that, and says so if it can't.
    ///
    /// - Parameters:
    ///   - random: the pauses between tries.
    ///   - logger: faults, and what libmongoc notices of the servers, go here.
    /// - Throws: ``MongoStoreError/malformedURI``; ``MongoStoreError/unreachable(_:)`` where a `mongodb+srv` name is not
    ///   found.
    package static func open(
        _ options: MongoOptions, random: any RandomSource = SystemRandomSource(),
        logger: Logger = Logger(label: "farebus.store")
    ) throws -> MongoStore {
        let pool = try MongoPool(options, clients: options.threads + 1, logger: logger)
        return MongoStore(options, pool: pool, random: random, logger: logger)
    }

    /// Ends the threads and the connections; what is under way or waits is finished first. Blocks until then.
    package func close() throws {
        work.stop()
        upkeep.stop()
        pool.close()
    }

    /// What the units of work came to so far.
    package var statistics: Statistics { meters.statistics }

    package func read<Value: Sendable>(_ body: @escaping @Sendable (MongoSnapshot) throws -> Value) async throws -> Value {
        try await read(from: .primary, body)
    }

    /// Runs `body` on a snapshot for a report, which may be a little behind and costs the primary nothing.
    package func readReport<Value: Sendable>(
        _ body: @escaping @Sendable (MongoSnapshot) throws -> Value
    ) async throws -> Value {
        try await read(from: options.reportReadPreference, body)
    }

    private func read<Value: Sendable>(
        from preference: MongoOptions.ReadPreference, _ body: @escaping @Sendable (MongoSnapshot) throws -> Value
    ) async throws -> Value {
        try await submit(to: work) { [reader] end in
            try reader.read(from: preference, until: end, body)
        }
    }

    package func transact<Value: Sendable>(_ unit: TransactionUnit<MongoTransaction, Value>) async throws -> Value {
        let (runner, end) = (runner, end())
        return try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let job = Job(end: end) { isLate in
                guard !isLate else { return continuation.resume(throwing: Problem.storeUnavailable) }
                switch runner.run(unit, until: end) {
                case .committed(let value, let place):
                    runner.order.settle(place) {
                        var value = value
                        unit.committed(&value)
                        continuation.resume(returning: value)
                    }
                case .failed(let error): continuation.resume(throwing: error)
                }
            }
            if !work.submit(job) { continuation.resume(throwing: Problem.storeBusy) }
        }
    }

    private func submit<Value: Sendable>(
        to queue: BatchQueue<Job>, _ body: @escaping @Sendable (ContinuousClock.Instant) throws -> Value
    ) async throws -> Value {
        let end = end()
        return try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let job = Job(end: end) { isLate in
                continuation.resume(
                    with: Result {
                        if isLate { throw Problem.storeUnavailable }
                        return try body(end)
                    }
                )
            }
            if !queue.submit(job) { continuation.resume(throwing: Problem.storeBusy) }
        }
    }

    /// When what is asked for now must have been begun.
    private func end() -> ContinuousClock.Instant {
        .now + .seconds(options.deadline)
    }
}

// MARK: - Health and upkeep

extension MongoStore {
    /// Asks the primary whether it is there. It does not wait behind units of work.
    ///
    /// - Throws: ``Problem/storeUnavailable``.
    package func ping() async throws {
        do {
            _ = try await command(["ping": 1])
        } catch is MongoError {
            throw Problem.storeUnavailable
        }
    }

    /// Runs a command of the database.
    ///
    /// - Throws: ``MongoError``.
    package func command(_ command: BSONDocument) async throws -> BSONDocument {
        try await outsideTransactions { try $0.command(command) }
    }

    /// Runs `body` outside of any transaction, once; for example to make collections and indexes at the start.
    ///
    /// - Throws: what `body` throws; ``MongoError``.
    package func outsideTransactions<Value: Sendable>(
        _ body: @escaping @Sendable (MongoSession) throws -> Value
    ) async throws -> Value {
        try await submit(to: upkeep) { [pool] _ in
            try pool.withClient { try body($0.session()) }
        }
    }

    /// Tries whether this deployment has transactions, by making some.
    ///
    /// - Throws: ``MongoStoreError/noTransactions(_:)``, ``MongoStoreError/unreachable(_:)``.
    package func probe() async throws {
        let name = "probe-" + runner.random.bytes(12).map { String($0, radix: 16) }.joined(separator: ".")
        try await submit(to: upkeep) { [pool] _ in
            try MongoProbe(id: name).run(pool)
        }
    }
}

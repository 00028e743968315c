package import CommandBus
package import Foundation

/// Moves everything from one store to another, and compares the two afterwards.
///
/// It may be cut off at any moment: the target notes each batch together with how far the copy has come, and the next run
/// goes on there.
package struct StoreCopy: Sendable {
    package enum Event: Sendable, Equatable {
        /// - Parameter isAgain: whether an earlier run had come that far.
        case begun(rows: Int, done: Int, isAgain: Bool)
        case copied(table: String, done: Int)
        /// The target does not take a batch; it is tried again.
        case waiting
        case comparing(table: String)
    }

    package enum Outcome: Sendable, Equatable {
        /// There was nothing to do.
        case finishedBefore(Date)
        case finished(rows: Int)
        /// What is not as it should be. The target stays unfinished.
        case differs([String])
    }

    package typealias Check = @Sendable () async throws -> [String]

    /// How much is written at once.
    package struct Batch: Sendable {
        package var rows = 500
        /// Of the values; a batch has one row at least.
        package var bytes = 4 << 20

        package init() {}
    }

    private let source: any CopySource
    private let target: any CopyTarget
    private let batch: Batch
    private let wall: any WallClock
    private let clock: any SteadyClock
    private let check: Check
    private let observe: @Sendable (Event) -> Void

    /// - Parameters:
    ///   - check: what is wrong with the target, once everything is there: what must always hold of a store.
    ///   - observe: is told how it goes on.
    package init(
        from source: any CopySource, to target: any CopyTarget, batch: Batch = Batch(),
        wall: any WallClock = SystemWallClock(), clock: any SteadyClock = SystemSteadyClock(),
        check: @escaping Check = { [] }, observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) {
        self.source = source
        self.target = target
        self.batch = batch
        self.wall = wall
        self.clock = clock
        self.check = check
        self.observe = observe
    }

    /// - Parameter restarting: whether to remove what an unfinished copy has brought, and begin again.
    /// - Throws: ``CopyError``; what the stores throw. The target stays unfinished then, and the next run goes on.
    package func run(restarting: Bool = false) async throws -> Outcome {
        let earlier = try await target.progress()
        if let earlier, let finishedAt = earlier.finishedAt {
            guard !restarting else { throw CopyError.notUnfinished }
            guard earlier.source == source.name else { throw CopyError.finishedCopy(of: earlier.source) }
            return .finishedBefore(finishedAt)
        }
        var progress = try await begin(after: earlier, restarting: restarting)
        var rows = 0
        for table in StoreTables.all { rows += try await source.count(of: table) }
        observe(.begun(rows: rows, done: progress.count, isAgain: progress.count > 0))
        for table in StoreTables.all { try await copy(table, &progress) }

        var differences: [String] = []
        for table in StoreTables.all {
            observe(.comparing(table: table.name))
            async let ours = digest(of: table, in: source)
            async let theirs = digest(of: table, in: target)
            if let difference = Self.difference(table, try await ours, try await theirs, progress) {
                differences.append(difference)
            }
        }
        if differences.isEmpty { differences = try await check() }
        guard differences.isEmpty else { return .differs(differences) }
        var finished = progress
        finished.finishedAt = Date(timeIntervalSince1970: Double(wall.now().milliseconds / 1000))
        try await target.finish(after: progress, next: finished)
        return .finished(rows: progress.count)
    }

    private func begin(after earlier: CopyProgress?, restarting: Bool) async throws -> CopyProgress {
        if let earlier {
            if !restarting {
                guard earlier.source == source.name else { throw CopyError.otherSource(earlier.source) }
                return earlier
            }
            try await target.clear()
        }
        let progress = CopyProgress(source: source.name)
        try await target.begin(progress)
        return progress
    }

    private func copy(_ table: StoreTable, _ progress: inout CopyProgress) async throws {
        var state = progress.tables[table.name] ?? CopyProgress.Table()
        while !state.isDone {
            try Task.checkCancellation()
            let page = try await source.page(of: table, after: state.last, limit: batch.rows).rows
            let rows = page.prefix(taking(page))
            state.count += rows.count
            state.last = rows.last?.place ?? state.last
            state.isDone = rows.count == page.count && page.count < batch.rows
            var next = progress
            next.tables[table.name] = state
            try await append(rows.map(\.row), to: table, after: progress, next: next)
            progress = next
            observe(.copied(table: table.name, done: progress.count))
        }
    }

    /// How many rows of a page go into one batch.
    private func taking(_ page: [PlacedRow]) -> Int {
        var bytes = 0
        for (index, placed) in page.enumerated() {
            bytes += placed.row.bytes.count
            if bytes > batch.bytes { return max(1, index) }
        }
        return page.count
    }

    /// How long a batch is tried. A process that was killed leaves its transaction open, and MongoDB holds what that has
    /// written for a minute, unless it is configured otherwise.
    ///
    /// - SeeAlso: https://www.mongodb.com/docs/manual/reference/parameters/#mongodb-parameter-param.transactionLifetimeLimitSeconds
    private static let patience = Duration.seconds(150)

    /// Tries again where the store was busy or out of reach: a batch that was written after all is not written twice.
    private func append(
        _ rows: [StoreRow], to table: StoreTable, after previous: CopyProgress, next: CopyProgress
    ) async throws {
        let end = clock.now() + Self.patience
        while true {
            do {
                return try await target.append(rows, to: table, after: previous, next: next)
            } catch is Problem {
                guard clock.now() < end else { throw CopyError.targetBusy }
                observe(.waiting)
                try await clock.sleep(for: .seconds(2))
            }
        }
    }

    /// The digest of all rows of a table.
    package func digest(of table: StoreTable, in store: any CopySource) async throws -> RowDigest {
        var digest = RowDigest()
        var place: [StoreValue]?
        while true {
            try Task.checkCancellation()
            let page = try await store.page(of: table, after: place, limit: batch.rows).rows
            for placed in page { digest.add(placed.row) }
            guard page.count == batch.rows, let last = page.last else { return digest }
            place = last.place
        }
    }

    private static func difference(
        _ table: StoreTable, _ source: RowDigest, _ target: RowDigest, _ progress: CopyProgress
    ) -> String? {
        guard source != target else { return nil }
        let copied = progress.tables[table.name]?.count ?? 0
        var text = "\(table.name): the source has \(source), the target has \(target)"
        if copied != source.count { text += "; the source has changed since, for it had \(copied) rows" }
        return text
    }
}

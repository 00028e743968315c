import Metrics
import Synchronization

extension MongoStore {
    /// What the units and snapshots of a store came to, since it was opened.
    package struct Statistics: Sendable, Equatable {
        /// Units of work that were begun.
        package var units = 0
        /// How often they were tried in all.
        package var attempts = 0
        /// Units that were committed.
        package var commits = 0
        /// Failed tries by what made them fail: another unit was faster,
        package var conflicts = 0
        /// or took a unique key,
        package var duplicateKeys = 0
        /// or the server was lost.
        package var interruptions = 0
        /// Commits whose outcome was not known at first.
        package var unknownCommits = 0
    }
}

/// Counts tries and what they came to, for tests and for the metrics.
final class MongoMeters: Sendable {
    private let counts = Mutex(MongoStore.Statistics())
    private let retries: [MongoFault: Counter]

    init() {
        retries = Dictionary(
            uniqueKeysWithValues: MongoFault.allCases.map { fault in
                (fault, Counter(label: "farebus_store_retries_total", dimensions: [("cause", fault.rawValue)]))
            }
        )
    }

    var statistics: MongoStore.Statistics { counts.withLock { $0 } }

    func unit() { counts.withLock { $0.units += 1 } }
    func attempt() { counts.withLock { $0.attempts += 1 } }
    func commit() { counts.withLock { $0.commits += 1 } }

    /// A try that failed, also where no other follows.
    func failure(_ fault: MongoFault) {
        retries[fault]?.increment()
        counts.withLock { counts in
            switch fault {
            case .conflict: counts.conflicts += 1
            case .duplicateKey: counts.duplicateKeys += 1
            case .interrupted, .unreachable: counts.interruptions += 1
            case .unknownCommit: counts.unknownCommits += 1
            case .fatal: break
            }
        }
    }
}

package import CommandBus
package import Logging

/// The collections of a database: made once, by whoever comes first, and looked at by everybody else.
///
/// Any number of processes may prepare one database at once. The first to write its name into the record makes the
/// collections; the others wait until the record says that they are there.
package struct MongoSchema: Sendable {
    /// The version of the collections that this Farebus works with. A change to one that is in use raises it, and needs a
    /// step in ``MongoMigrations``.
    package static let version = 2

    private let store: MongoStore
    private let name: String
    private let wall: any WallClock
    private let clock: any SteadyClock
    private let patience: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - name: names this life of this process, in the record.
    ///   - patience: how long somebody else may take.
    package init(
        _ store: MongoStore, name: String, wall: any WallClock = SystemWallClock(),
        clock: any SteadyClock = SystemSteadyClock(), patience: Duration = .seconds(30),
        logger: Logger = Logger(label: "farebus.store")
    ) {
        self.store = store
        self.name = name
        self.wall = wall
        self.clock = clock
        self.patience = patience
        self.logger = logger
    }

    /// Sees to it that a server can work with the database: makes the collections if it is empty.
    ///
    /// - Throws: ``MongoSchemaError`` with what to do where it is not this version's, or half made; ``MongoError``.
    package func prepare() async throws {
        _ = try await run(.serve)
    }

    /// Makes the collections, goes on where somebody has stopped, or brings them up to this version.
    ///
    /// - Returns: false if there was nothing to do.
    /// - Throws: ``MongoSchemaError``, ``MongoError``.
    package func initialise() async throws -> Bool {
        try await run(.initialise)
    }

    /// Makes the collections for a copy to fill, unless they are there; the database may hold an unfinished copy.
    ///
    /// - Throws: ``MongoSchemaError``, ``MongoError``.
    func prepareForCopy() async throws {
        _ = try await run(.copy)
    }

    /// Looks whether the database is still what a server was started for; one small read.
    ///
    /// - Throws: ``MongoSchemaError``; ``MongoError`` if it can't be read.
    package static func check(_ store: MongoStore) async throws {
        guard let record = try await store.outsideTransactions(MongoSchemaRecord.load) else {
            throw MongoSchemaError.missing
        }
        switch MongoSchemaStep.next(.serve, record: record, strangers: [], hasWaited: true) {
        case .done: return
        case .refuse(let error): throw error
        case .make, .wait: throw MongoSchemaError.halfMade
        }
    }

    /// - Returns: whether anything was made.
    private func run(_ purpose: MongoSchemaStep.Purpose) async throws -> Bool {
        let end = clock.now() + patience
        while true {
            let (record, strangers) = try await store.outsideTransactions(Self.look)
            let hasWaited = clock.now() >= end
            switch MongoSchemaStep.next(purpose, record: record, strangers: strangers, hasWaited: hasWaited) {
            case .done: return false
            case .refuse(let error): throw error
            case .wait: try await clock.sleep(for: .milliseconds(200))
            case .make:
                if try await make(after: record) { return true }
            }
        }
    }

    private static func look(_ session: MongoSession) throws -> (MongoSchemaRecord?, [String]) {
        if let record = try MongoSchemaRecord.load(session) { return (record, []) }
        let strangers = try MongoCollections.strangers(session)
        // Whoever makes collections writes the record first: it may have come between the two looks.
        return (try MongoSchemaRecord.load(session), strangers)
    }

    /// - Returns: false if somebody else was faster, or has taken over.
    private func make(after previous: MongoSchemaRecord?) async throws -> Bool {
        let claim = MongoSchemaRecord(version: previous?.version ?? 0, state: .initialising, by: name, at: wall.now())
        let finished = MongoSchemaRecord(version: Self.version, state: .ready, by: name, at: wall.now())
        let logger = logger
        // In several calls: each has a deadline of its own.
        guard try await store.outsideTransactions({ try claim.replace(previous, in: $0) }) else { return false }
        if claim.version == 0 {
            for collection in MongoCollections.all {
                let refusal = try await store.outsideTransactions { try collection.make($0) }
                guard let refusal else { continue }
                logger.warning(
                    "the server does not check a collection's documents; unique keys are still kept",
                    metadata: ["collection": "\(collection.name)", "reason": "\(refusal)"]
                )
            }
        } else {
            for step in MongoMigrations.steps(after: claim.version) { try await store.outsideTransactions(step.run) }
        }
        return try await store.outsideTransactions { try finished.replace(claim, in: $0) }
    }
}

/// The changes to collections that are in use. A step that has been released is never changed again.
enum MongoMigrations {
    struct Step: Sendable {
        /// The version that the collections are of afterwards.
        let version: Int
        /// May be run again after it was cut off.
        let run: @Sendable (MongoSession) throws -> Void
    }

    /// There is nothing before version 1, which is made at once.
    static let all: [Step] = [
        // Accounts are held, grants have another purpose, and these indexes have other fields under the same names.
        Step(version: 2) { session in
            for (collection, index) in [
                ("sessions", "sessions_by_account"), ("code_challenges", "code_challenges_by_account"),
            ] { try drop(index, of: collection, session) }
            for collection in MongoCollections.all { _ = try collection.make(session) }
        }
    ]

    /// Drops an index, unless it is gone already.
    private static func drop(_ index: String, of collection: String, _ session: MongoSession) throws {
        do {
            _ = try session.command(["dropIndexes": .string(collection), "index": .string(index)])
        } catch let error as MongoError where error.code == MongoError.Code.indexNotFound {
            return
        }
    }

    static func steps(after version: Int) -> [Step] {
        all.filter { $0.version > version }
    }
}

package import CommandBus
package import Logging

/// A MongoDB database as either side of a copy.
package struct MongoCopySide: CopyTarget {
    package let name: String
    private let store: MongoStore
    private let schema: MongoSchema
    private let wall: any WallClock

    private static let collection = "copy_progress"
    private static let filter: BSONDocument = ["_id": "copy"]

    /// - Parameters:
    ///   - name: what it is called, without a password.
    ///   - process: names this life of this process.
    package init(
        _ store: MongoStore, name: String, process: String, wall: any WallClock = SystemWallClock(),
        clock: any SteadyClock = SystemSteadyClock(), logger: Logger = Logger(label: "farebus.copy")
    ) {
        self.store = store
        self.name = name
        self.wall = wall
        schema = MongoSchema(store, name: process, wall: wall, clock: clock, logger: logger)
    }

    /// Sees to it that this is a database to copy from.
    ///
    /// - Throws: ``MongoSchemaError``.
    package func checkSource() async throws {
        try await MongoSchema.check(store)
    }

    package func count(of table: StoreTable) async throws -> Int {
        try await store.read { try $0.session.count(table.name, [:]) }
    }

    package func page(of table: StoreTable, after place: [StoreValue]?, limit: Int) async throws -> CopyPage {
        let filter: BSONDocument = place?.first.map { ["_id": ["$gt": BSONValue($0)]] } ?? [:]
        let documents = try await store.read { snapshot in
            try snapshot.session.find(table.name, filter, sort: ["_id": 1], limit: limit)
        }
        return CopyPage(
            rows: try documents.map { document in
                guard let id = StoreValue(id: document["_id"]) else {
                    throw CopyError.unreadable(table: table.name, column: "_id")
                }
                return PlacedRow(place: [id], row: try table.row(of: document))
            }
        )
    }

    package func progress() async throws -> CopyProgress? {
        try await store.outsideTransactions { session in
            guard try MongoSchemaRecord.load(session) != nil else { return nil }
            return try Self.text(session).map(CopyProgress.init(text:))
        }
    }

    private static func text(_ session: MongoSession) throws -> String? {
        try session.findOne(collection, filter)?.text("progress")
    }

    package func begin(_ progress: CopyProgress) async throws {
        try await schema.prepareForCopy()
        let text = try progress.text
        let wall = wall
        try await store.outsideTransactions { session in
            // First the mark, then the look, so that no server begins in between.
            try Self.mark(.copying, session, wall.now())
            for table in StoreTables.all where try session.findOne(table.name, [:]) != nil {
                try Self.mark(.ready, session, wall.now())
                throw CopyError.notEmpty(table: table.name)
            }
            try session.update(Self.collection, Self.filter, ["_id": "copy", "progress": .string(text)], upsert: true)
        }
    }

    private static func mark(_ state: MongoSchemaRecord.State, _ session: MongoSession, _ now: Timestamp) throws {
        guard let record = try MongoSchemaRecord.load(session) else { throw MongoSchemaError.missing }
        var next = record
        (next.state, next.at) = (state, now)
        guard try next.replace(record, in: session) else { throw CopyError.interfered }
    }

    package func append(
        _ rows: [StoreRow], to table: StoreTable, after previous: CopyProgress, next: CopyProgress
    ) async throws {
        let documents = rows.map(table.document(of:))
        try await note(next, after: previous) { session in try session.insert(table.name, documents) }
    }

    package func finish(after previous: CopyProgress, next: CopyProgress) async throws {
        let wall = wall
        try await note(next, after: previous) { session in try Self.mark(.ready, session, wall.now()) }
    }

    /// Runs `body` and notes how far that is, in one transaction; or nothing, where that is noted already.
    private func note(
        _ next: CopyProgress, after previous: CopyProgress, _ body: @escaping @Sendable (MongoSession) throws -> Void
    ) async throws {
        let (old, new) = (try previous.text, try next.text)
        try await store.transact(
            TransactionUnit { tx in
                let noted = try Self.text(tx.session)
                if noted == new, old != new { return }
                guard noted == old else { throw CopyError.interfered }
                try body(tx.session)
                try tx.session.update(Self.collection, Self.filter, ["$set": ["progress": .string(new)]])
            }
        )
    }

    package func clear() async throws {
        let wall = wall
        try await store.outsideTransactions { session in
            guard let record = try MongoSchemaRecord.load(session), record.state == .copying else {
                throw CopyError.notUnfinished
            }
            var next = record
            (next.version, next.state, next.at) = (0, .initialising, wall.now())
            guard try next.replace(record, in: session) else { throw CopyError.interfered }
        }
        for name in MongoCollections.all.map(\.name) + [Self.collection] {
            try await store.outsideTransactions { session in
                guard try MongoCollections.names(session).contains(name) else { return }
                _ = try session.command(["drop": .string(name)])
            }
        }
        _ = try await schema.initialise()
    }
}

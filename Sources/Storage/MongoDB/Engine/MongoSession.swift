import CMongocShims

/// One client inside one transaction or snapshot; never leaves its thread. All calls block.
///
/// After a call has thrown inside a transaction, the transaction is lost: catching the error does not save the unit.
package final class MongoSession {
    /// What the calls are part of.
    enum Scope {
        case transaction(OpaquePointer)
        case snapshot(OpaquePointer)
        /// Each call for itself.
        case none

        var handle: OpaquePointer? {
            switch self {
            case .transaction(let handle), .snapshot(let handle): handle
            case .none: nil
            }
        }
    }

    private let client: OpaquePointer
    private let scope: Scope
    private let database: String
    private let readPreference: Int32
    private let answer: MongoAnswer
    /// The first error of a call.
    private(set) var failure: MongoError?

    init(
        client: OpaquePointer, scope: Scope, database: String, readPreference: MongoOptions.ReadPreference = .primary,
        answer: MongoAnswer
    ) {
        self.client = client
        self.scope = scope
        self.database = database
        self.readPreference = readPreference.mode
        self.answer = answer
    }
}

// MARK: - Reading

extension MongoSession {
    /// - Throws: ``MongoError``; so do all the others.
    package func findOne(
        _ collection: String, _ filter: BSONDocument, sort: BSONDocument? = nil, projection: BSONDocument? = nil
    ) throws -> BSONDocument? {
        try find(collection, filter, sort: sort, projection: projection, limit: 1).first
    }

    /// - Parameters:
    ///   - skip: how many of the first are left out.
    ///   - limit: how many there are at most.
    package func find(
        _ collection: String, _ filter: BSONDocument, sort: BSONDocument? = nil, projection: BSONDocument? = nil,
        skip: Int? = nil, limit: Int? = nil
    ) throws -> [BSONDocument] {
        // To the server a limit of 0 is none.
        if let limit, limit <= 0 { return [] }
        var options = BSONDocument()
        if let sort { options["sort"] = .document(sort) }
        if let projection { options["projection"] = .document(projection) }
        if let skip { options["skip"] = BSONValue(skip) }
        if let limit { options["limit"] = BSONValue(limit) }
        return try documents(of: collection, isAggregation: false, query: filter, options: options)
    }

    package func aggregate(_ collection: String, _ pipeline: [BSONDocument]) throws -> [BSONDocument] {
        try documents(of: collection, isAggregation: true, query: ["pipeline": BSONValue(pipeline)], options: [:])
    }

    /// - Parameter limit: where to stop counting.
    package func count(_ collection: String, _ filter: BSONDocument, limit: Int? = nil) throws -> Int {
        if let limit, limit <= 0 { return 0 }
        // The command `count` is allowed neither in transactions nor in snapshots.
        var pipeline: [BSONDocument] = [["$match": .document(filter)]]
        if let limit { pipeline.append(["$limit": BSONValue(limit)]) }
        pipeline.append(["$group": ["_id": 1, "n": ["$sum": 1]]])
        return try aggregate(collection, pipeline).first?.int("n") ?? 0
    }

    private func documents(
        of collection: String, isAggregation: Bool, query: BSONDocument, options: BSONDocument
    ) throws -> [BSONDocument] {
        let (query, options) = (try query.encoded(), try options.encoded())
        guard
            let cursor = farebus_mongo_cursor_open(
                client, scope.handle, database, collection, isAggregation, query, query.count, options, options.count,
                readPreference, answer.handle
            )
        else { throw failed() }
        defer { farebus_mongo_cursor_destroy(cursor) }
        var documents: [BSONDocument] = []
        var length: UInt32 = 0
        while let bytes = farebus_mongo_cursor_next(cursor, &length) {
            documents.append(
                try BSONDocument(bytes: UnsafeBufferPointer(start: bytes, count: Int(length)), source: collection)
            )
        }
        if farebus_mongo_cursor_failed(cursor, answer.handle) { throw failed() }
        return documents
    }
}

// MARK: - Writing

extension MongoSession {
    package func insert(_ collection: String, _ document: BSONDocument) throws {
        try insert(collection, [document])
    }

    /// Inserts documents in their order, in as many messages as they need.
    package func insert(_ collection: String, _ documents: [BSONDocument]) throws {
        guard !documents.isEmpty else { return }
        var bytes: [UInt8] = []
        for document in documents { bytes += try document.encoded() }
        let isDone = farebus_mongo_insert(
            client, scope.handle, database, collection, bytes, bytes.count, documents.count, answer.handle
        )
        guard isDone else { throw failed() }
        if let error = MongoAnswer.error(in: try answer.reply()) { throw failed(error) }
    }

    /// - Parameters:
    ///   - update: operators, or a whole document to put in place.
    ///   - upsert: whether to make one where none matches.
    ///   - many: whether to change all that match, not only one.
    /// - Returns: how many documents matched, or were made.
    @discardableResult
    package func update(
        _ collection: String, _ filter: BSONDocument, _ update: BSONDocument, upsert: Bool = false, many: Bool = false
    ) throws -> Int {
        let statement: BSONDocument = [
            "q": .document(filter), "u": .document(update), "upsert": .bool(upsert), "multi": .bool(many),
        ]
        return try write(["update": .string(collection), "updates": BSONValue([statement])], collection).int("n")
    }

    /// - Returns: the document as it is afterwards, or as it was; nil where none matched, or none was before.
    package func findAndUpdate(
        _ collection: String, _ filter: BSONDocument, _ update: BSONDocument, upsert: Bool = false, returnsNew: Bool = true
    ) throws -> BSONDocument? {
        let command: BSONDocument = [
            "findAndModify": .string(collection), "query": .document(filter), "update": .document(update),
            "upsert": .bool(upsert), "new": .bool(returnsNew),
        ]
        guard var document = try write(command, collection).optionalDocument("value") else { return nil }
        document.source = collection
        return document
    }

    /// - Returns: how many documents there were.
    @discardableResult
    package func delete(_ collection: String, _ filter: BSONDocument, many: Bool = false) throws -> Int {
        let statement: BSONDocument = ["q": .document(filter), "limit": many ? 0 : 1]
        return try write(["delete": .string(collection), "deletes": BSONValue([statement])], collection).int("n")
    }

    private func write(_ command: BSONDocument, _ collection: String) throws -> BSONDocument {
        let bytes = try command.encoded()
        guard farebus_mongo_write(client, scope.handle, database, bytes, bytes.count, answer.handle) else {
            throw failed()
        }
        let reply = try answer.reply(source: collection)
        if let error = MongoAnswer.error(in: reply) { throw failed(error) }
        return reply
    }
}

// MARK: - Commands

extension MongoSession {
    /// Runs a command of the database, as it is, on the primary.
    ///
    /// - Returns: the reply.
    package func command(_ command: BSONDocument) throws -> BSONDocument {
        let bytes = try command.encoded()
        guard farebus_mongo_command(client, scope.handle, database, bytes, bytes.count, answer.handle) else {
            throw failed()
        }
        let reply = try answer.reply(source: command.fields.first?.name ?? "")
        if let error = MongoAnswer.error(in: reply) { throw failed(error) }
        return reply
    }

    private func failed(_ error: MongoError? = nil) -> MongoError {
        let error = error ?? answer.error()
        if failure == nil { failure = error }
        return error
    }
}

extension MongoOptions.ReadPreference {
    /// As mongoc_read_mode_t has it.
    fileprivate var mode: Int32 {
        let mode =
            switch self {
            case .primary: FAREBUS_MONGO_PRIMARY
            case .primaryPreferred: FAREBUS_MONGO_PRIMARY_PREFERRED
            case .secondary: FAREBUS_MONGO_SECONDARY
            case .secondaryPreferred: FAREBUS_MONGO_SECONDARY_PREFERRED
            case .nearest: FAREBUS_MONGO_NEAREST
            }
        return Int32(mode)
    }
}

/// A collection as it is made.
struct MongoCollection: Sendable {
    let name: String
    /// Nil where anything may stand in it.
    let validator: BSONDocument?
    let indexes: [MongoIndex]

    /// Makes it with its indexes, or brings what is there up to that; nothing happens the second time.
    ///
    /// - Returns: why the server does not check the documents, if it does not.
    /// - Throws: ``MongoError``; the indexes are a must.
    func make(_ session: MongoSession) throws -> String? {
        let refusal = try create(session)
        if !indexes.isEmpty {
            _ = try session.command([
                "createIndexes": .string(name), "indexes": BSONValue(indexes.map(\.document)),
            ])
        }
        return refusal
    }

    private func create(_ session: MongoSession) throws -> String? {
        if try MongoCollections.names(session).contains(name) { return try change(session) }
        do {
            _ = try session.command(command("create"))
            return nil
        } catch let error as MongoError where error.domain == .server {
            // Another process may have made it meanwhile.
            if try MongoCollections.names(session).contains(name) { return try change(session) }
            guard validator != nil else { throw error }
            _ = try session.command(["create": .string(name)])
            return error.message
        }
    }

    private func change(_ session: MongoSession) throws -> String? {
        guard validator != nil, try !hasValidator(session) else { return nil }
        do {
            _ = try session.command(command("collMod"))
            return nil
        } catch let error as MongoError where error.domain == .server {
            return error.message
        }
    }

    private func command(_ name: String) -> BSONDocument {
        var command: BSONDocument = [name: .string(self.name)]
        if let validator { command["validator"] = .document(validator) }
        return command
    }

    private func hasValidator(_ session: MongoSession) throws -> Bool {
        let reply = try session.command(["listCollections": 1, "filter": ["name": .string(name)]])
        let options = try reply.document("cursor").documents("firstBatch").first?.optionalDocument("options")
        return try options?.optionalDocument("validator") == validator
    }
}

/// All collections of the database.
enum MongoCollections {
    /// One for each table, and what only MongoDB needs: documents that units of work meet at.
    static let all: [MongoCollection] =
        StoreTables.all.map { table in
            MongoCollection(
                name: table.name, validator: MongoValidator(table).document, indexes: MongoIndexes.all[table.name] ?? []
            )
        } + helpers.map { MongoCollection(name: $0, validator: nil, indexes: []) }

    static let helpers = ["locks", "code_locks", MongoProbe.collection]

    /// The names of all that there are.
    static func names(_ session: MongoSession) throws -> Set<String> {
        let reply = try session.command(["listCollections": 1, "nameOnly": true, "cursor": ["batchSize": 10_000]])
        return Set(try reply.document("cursor").documents("firstBatch").map { try $0.text("name") })
    }

    /// What is there that is not there in a database that nobody has begun with.
    static func strangers(_ session: MongoSession) throws -> [String] {
        let expected: Set = [MongoSchemaRecord.collection, MongoProbe.collection]
        return try names(session).filter { !expected.contains($0) && !$0.hasPrefix("system.") }.sorted()
    }
}

package import CommandBus

/// What the database says about itself, in one document: which version of Farebus its collections are made for, and
/// whether they are all there.
package struct MongoSchemaRecord: Sendable, Equatable {
    package enum State: String, Sendable {
        /// Somebody makes or changes the collections.
        case initialising
        /// A copy from another store is not finished.
        case copying
        case ready
    }

    /// The version of the collections; 0 where they are not there, or not all.
    package var version: Int
    package var state: State
    /// Who is at it, or was last: a name for one life of a process.
    package var by: String
    package var at: Timestamp

    static let collection = "farebus_schema"
    static let filter: BSONDocument = ["_id": "schema"]

    package init(version: Int, state: State, by: String, at: Timestamp) {
        self.version = version
        self.state = state
        self.by = by
        self.at = at
    }

    init(document: BSONDocument) throws {
        let text = try document.text("state")
        guard let state = State(rawValue: text) else { throw UnreadableRow(table: Self.collection, value: text) }
        self.init(
            version: try document.int("version"), state: state, by: try document.text("by"),
            at: Timestamp(milliseconds: try document.int64("at"))
        )
    }

    var document: BSONDocument {
        [
            "_id": "schema", "version": BSONValue(version), "state": .string(state.rawValue), "by": .string(by),
            "at": .int(at.milliseconds),
        ]
    }

    static func load(_ session: MongoSession) throws -> MongoSchemaRecord? {
        try session.findOne(collection, filter).map(MongoSchemaRecord.init)
    }

    /// Puts this in the place of what was read, unless somebody else was faster.
    ///
    /// - Parameter previous: nil where there was none.
    /// - Returns: false if it is no longer as it was read.
    func replace(_ previous: MongoSchemaRecord?, in session: MongoSession) throws -> Bool {
        guard let previous else {
            do {
                try session.insert(Self.collection, document)
                return true
            } catch let error as MongoError where error.code == MongoError.Code.duplicateKey {
                return false
            }
        }
        return try session.update(Self.collection, previous.document, document) == 1
    }
}

/// Why a database is not worked with, in words for the operator.
package enum MongoSchemaError: Error, Equatable, CustomStringConvertible {
    /// Another version of Farebus has made the collections.
    case newer(version: Int)
    case older(version: Int)
    /// Whoever made the collections has not come to an end.
    case halfMade
    case unfinishedCopy
    /// There are collections, and none of them says that they are Farebus's.
    case foreign(collections: [String])
    /// There was a database, and it is gone.
    case missing

    package var description: String {
        switch self {
        case .newer(let version):
            """
            The collections are of version \(version), made by a newer Farebus than this one, which knows version \
            \(MongoSchema.version). Start that one, or restore a backup.
            """
        case .older(let version):
            """
            The collections are of version \(version), and this Farebus needs version \(MongoSchema.version). Stop all \
            servers, make a backup, and run 'farebus store init'.
            """
        case .halfMade:
            """
            The collections are half made: somebody began, and has not come to an end. If nobody is at it any more, run \
            'farebus store init', which goes on.
            """
        case .unfinishedCopy:
            """
            The database holds a copy that is not finished. Run 'farebus store copy' again as before, which goes on where \
            it stopped.
            """
        case .foreign(let collections):
            """
            The database holds collections that don't say that they are Farebus's (\(Self.some(collections))). Name an \
            empty database, in the path of the URI.
            """
        case .missing: "The database is empty: its collections are gone. Restore a backup."
        }
    }

    private static func some(_ names: [String]) -> String {
        names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
    }
}

/// A store that can be read table by table.
package protocol CopySource: Sendable {
    /// What it is called by the operator, without a password.
    var name: String { get }

    func count(of table: StoreTable) async throws -> Int

    /// Some rows of a table, in an order of the store's own that stays the same.
    ///
    /// - Parameter place: the place of the row before; nil for the first ones.
    func page(of table: StoreTable, after place: [StoreValue]?, limit: Int) async throws -> CopyPage
}

/// Some rows.
package struct CopyPage: Sendable {
    let rows: [PlacedRow]
}

/// A store that is filled from another one.
package protocol CopyTarget: CopySource {
    /// How far an earlier copy into it has come; nil if there was none.
    func progress() async throws -> CopyProgress?

    /// Marks the store as unfinished, so that no server works with it.
    ///
    /// - Throws: ``CopyError/notEmpty(table:)``.
    func begin(_ progress: CopyProgress) async throws

    /// Adds rows and notes the progress, both or neither.
    ///
    /// - Parameter previous: the progress that `next` follows. Where `next` is noted already nothing is done: an answer to
    ///   the same call was lost.
    /// - Throws: ``CopyError/interfered`` if neither is noted.
    func append(
        _ rows: [StoreRow], to table: StoreTable, after previous: CopyProgress, next: CopyProgress
    ) async throws

    /// Takes the mark away.
    func finish(after previous: CopyProgress, next: CopyProgress) async throws

    /// Removes everything that an unfinished copy has brought.
    ///
    /// - Throws: ``CopyError/notUnfinished``.
    func clear() async throws
}

/// Why a copy was not made, in words for the operator.
package enum CopyError: Error, Equatable, CustomStringConvertible {
    case notEmpty(table: String)
    case otherSource(String)
    case finishedCopy(of: String)
    case notUnfinished
    case interfered
    /// It took nothing for minutes.
    case targetBusy
    /// A field that no column has.
    case unknownField(table: String, field: String)
    /// A value that is not of the column's kind.
    case unreadable(table: String, column: String)
    case noDatabase(String)
    case otherSchema(String)

    package var description: String {
        switch self {
        case .notEmpty(let table): "The target holds data already (in \(table)). Name an empty one."
        case .otherSource(let source):
            """
            The target holds an unfinished copy of \(source). Go on with that one, or begin again with --restart, which \
            removes what was copied.
            """
        case .finishedCopy(let source): "The target holds a finished copy of \(source). Name an empty one."
        case .notUnfinished: "The target holds no unfinished copy: nothing is removed from it. Name an empty one."
        case .interfered: "Somebody else copies into the same target. End one of the two."
        case .targetBusy: "The target is out of reach, or busy. Run the same again: it goes on where it stopped."
        case .unknownField(let table, let field): "\(table) has a field '\(field)' that this version does not know."
        case .unreadable(let table, let column): "\(table) has a row with an unreadable '\(column)'."
        case .noDatabase(let path): "There is no database at \(path)."
        case .otherSchema(let name):
            """
            \(name) was made by another version of Farebus. Start the server of this version on it once, which brings an \
            older one up to date; a newer one needs that newer version.
            """
        }
    }
}

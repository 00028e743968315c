import CommandBus
import Cryptography
import Foundation

/// What the records keep, as BSON: the same values that SQLite keeps, under the names of its columns.
///
/// Instants are milliseconds since 1970, flags are 0 or 1, digests are bytes. What is NULL there is absent here.
extension BSONValue {
    init(_ instant: Timestamp) {
        self = .int(instant.milliseconds)
    }

    init(_ instant: Timestamp?) {
        self = instant.map { .int($0.milliseconds) } ?? .null
    }

    init<Kind>(_ identifier: Identifier<Kind>) {
        self = .string(identifier.raw)
    }

    init<Kind>(_ identifier: Identifier<Kind>?) {
        self = identifier.map { .string($0.raw) } ?? .null
    }

    init(_ date: CivilDate) {
        self = .string(date.description)
    }

    init(_ digest: Digest256) {
        self = .binary(Data(digest.bytes))
    }

    /// 0 or 1; the literals of Swift would be BSON's own true and false.
    static func flag(_ isSet: Bool) -> BSONValue {
        .int(isSet ? 1 : 0)
    }
}

// MARK: - Writing

extension BSONDocument {
    /// As it is inserted: a field that is null is left out.
    var withoutNulls: BSONDocument {
        BSONDocument(fields: fields.filter { $0.value != .null })
    }

    /// The update that gives a document these fields; a field that is null is removed.
    var asUpdate: BSONDocument {
        let removed = fields.filter { $0.value == .null }
        var update: BSONDocument = [:]
        let set = withoutNulls
        // The server takes an operator without fields only since version 5.
        if !set.fields.isEmpty { update["$set"] = .document(set) }
        if !removed.isEmpty {
            update["$unset"] = .document(BSONDocument(fields: removed.map { (name: $0.name, value: "") }))
        }
        return update
    }
}

// MARK: - Reading

extension BSONDocument {
    func timestamp(_ name: String) throws -> Timestamp {
        Timestamp(milliseconds: try int64(name))
    }

    func optionalTimestamp(_ name: String) throws -> Timestamp? {
        try optionalInt64(name).map { Timestamp(milliseconds: $0) }
    }

    func identifier<Kind>(_ name: String) throws -> Identifier<Kind> {
        Identifier(trusted: try text(name))
    }

    func optionalIdentifier<Kind>(_ name: String) throws -> Identifier<Kind>? {
        try optionalText(name).map { Identifier(trusted: $0) }
    }

    func digest(_ name: String) throws -> Digest256 {
        guard let digest = Digest256(try data(name)) else { throw UnreadableRow(table: source, value: name) }
        return digest
    }

    func optionalDigest(_ name: String) throws -> Digest256? {
        try self[name] == nil ? nil : digest(name)
    }

    func word<Word: RawRepresentable>(_ name: String) throws -> Word where Word.RawValue == String {
        try StoredValue.word(text(name), in: source)
    }

    func date(_ name: String) throws -> CivilDate {
        try StoredValue.date(text(name), in: source)
    }

    /// Anything but 0 is set, as it is to SQLite.
    func flag(_ name: String) throws -> Bool {
        try int64(name) != 0
    }

    /// - Parameters:
    ///   - amount: the field of the minor units.
    ///   - currency: the field of the currency.
    func money(_ amount: String, _ currency: String) throws -> Money {
        Money(amount: try int64(amount), currency: CurrencyCode(trusted: try text(currency)))
    }
}

// MARK: - Conflicts

extension MongoError {
    /// Says that a document is no longer what this unit of work read, so that the unit is run again.
    ///
    /// Within one snapshot that can't be; it is said rather than written over if it is all the same.
    ///
    /// - Parameter document: its collection and key.
    static func changedMeanwhile(_ document: String) -> MongoError {
        MongoError(
            domain: .server, code: 112, message: "WriteConflict: \(document) is not what was read",
            labels: ["TransientTransactionError"]
        )
    }
}

/// A change that contradicts what is stored: in SQLite a CHECK refuses it.
struct ContradictedRow: Error {
    let collection: String
    let key: String
}

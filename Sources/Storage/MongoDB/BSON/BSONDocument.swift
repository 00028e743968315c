package import Foundation

/// A BSON document: fields in order.
///
/// - SeeAlso: https://bsonspec.org/spec.html
package struct BSONDocument: Sendable, ExpressibleByDictionaryLiteral {
    package typealias Field = (name: String, value: BSONValue)

    package var fields: [Field]
    /// The collection that it was read from, and the way down to it; errors name it. Not a part of the value.
    package var source = ""

    package init(fields: [Field] = []) {
        self.fields = fields
    }

    package init(dictionaryLiteral elements: (String, BSONValue)...) {
        fields = elements.map { (name: $0.0, value: $0.1) }
    }

    /// The first field of a name. Setting replaces it in its place or appends it; setting nil removes it.
    package subscript(name: String) -> BSONValue? {
        get { fields.first { $0.name == name }?.value }
        set {
            let index = fields.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): fields[index].value = value
            case (let index?, nil): fields.remove(at: index)
            case (nil, let value?): fields.append((name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension BSONDocument: Equatable {
    /// Equal fields in equal order.
    package static func == (one: Self, other: Self) -> Bool {
        one.fields.elementsEqual(other.fields) { $0.name == $1.name && $0.value == $1.value }
    }
}

// MARK: - Fields of a known type

/// Each throws ``UnreadableRow``, which names the collection and the field, where there is no value of the type.
extension BSONDocument {
    package func text(_ name: String) throws -> String {
        guard case .string(let text) = self[name] else { throw unreadable(name) }
        return text
    }

    /// Nil where the field is missing or null; so are the other optional ones.
    package func optionalText(_ name: String) throws -> String? {
        try hasValue(name) ? text(name) : nil
    }

    package func int64(_ name: String) throws -> Int64 {
        switch self[name] {
        case .int(let number): return number
        // What a shell or a sum has made a double of is still the whole number that it was.
        case .double(let number): if let whole = Int64(exactly: number) { return whole }
        default: break
        }
        throw unreadable(name)
    }

    package func optionalInt64(_ name: String) throws -> Int64? {
        try hasValue(name) ? int64(name) : nil
    }

    package func int(_ name: String) throws -> Int {
        guard let number = Int(exactly: try int64(name)) else { throw unreadable(name) }
        return number
    }

    package func double(_ name: String) throws -> Double {
        switch self[name] {
        case .double(let number): return number
        case .int(let number): if let same = Double(exactly: number) { return same }
        default: break
        }
        throw unreadable(name)
    }

    package func optionalDouble(_ name: String) throws -> Double? {
        try hasValue(name) ? double(name) : nil
    }

    package func bool(_ name: String) throws -> Bool {
        guard case .bool(let flag) = self[name] else { throw unreadable(name) }
        return flag
    }

    package func data(_ name: String) throws -> Data {
        guard case .binary(let bytes) = self[name] else { throw unreadable(name) }
        return bytes
    }

    package func optionalData(_ name: String) throws -> Data? {
        try hasValue(name) ? data(name) : nil
    }

    package func document(_ name: String) throws -> BSONDocument {
        guard case .document(var document) = self[name] else { throw unreadable(name) }
        document.source = "\(source).\(name)"
        return document
    }

    package func optionalDocument(_ name: String) throws -> BSONDocument? {
        try hasValue(name) ? document(name) : nil
    }

    package func array(_ name: String) throws -> [BSONValue] {
        guard case .array(let values) = self[name] else { throw unreadable(name) }
        return values
    }

    package func texts(_ name: String) throws -> [String] {
        try array(name).map { value in
            guard case .string(let text) = value else { throw unreadable(name) }
            return text
        }
    }

    package func documents(_ name: String) throws -> [BSONDocument] {
        try array(name).map { value in
            guard case .document(var document) = value else { throw unreadable(name) }
            document.source = "\(source).\(name)"
            return document
        }
    }

    private func hasValue(_ name: String) -> Bool {
        switch self[name] {
        case nil, .null: false
        default: true
        }
    }

    /// Names the field and the kind of what stands there, never the value: that may be a secret.
    private func unreadable(_ name: String) -> UnreadableRow {
        UnreadableRow(table: source, value: "\(name): \(self[name]?.kind ?? "missing")")
    }
}

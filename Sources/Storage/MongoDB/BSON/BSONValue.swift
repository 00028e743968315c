package import Foundation

/// A value of a BSON document.
///
/// Whole numbers are one kind: the server compares them by value, and each is written in 32 bits where they are enough, so
/// that a validator has to allow `int` and `long`.
package enum BSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    case string(String)
    /// Bytes of the generic subtype; other subtypes are read as bytes, too.
    case binary(Data)
    case array([BSONValue])
    case document(BSONDocument)
    /// Something that Farebus never writes, for example an ObjectId in a reply. It can't be encoded.
    ///
    /// - Parameter type: the element type of the specification.
    case other(type: UInt8)

    /// What it is called in an error.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .int: "int"
        case .double: "double"
        case .string: "string"
        case .binary: "binary"
        case .array: "array"
        case .document: "document"
        case .other(let type): "type \(type)"
        }
    }
}

// MARK: - From Swift's own; nil is null

extension BSONValue {
    package init(_ text: String?) {
        self = text.map(Self.string) ?? .null
    }

    package init(_ number: Int64?) {
        self = number.map(Self.int) ?? .null
    }

    package init(_ number: Int?) {
        self = number.map { .int(Int64($0)) } ?? .null
    }

    package init(_ number: Double?) {
        self = number.map(Self.double) ?? .null
    }

    package init(_ flag: Bool?) {
        self = flag.map(Self.bool) ?? .null
    }

    package init(_ bytes: Data?) {
        self = bytes.map(Self.binary) ?? .null
    }

    package init(_ document: BSONDocument?) {
        self = document.map(Self.document) ?? .null
    }

    package init(_ texts: [String]) {
        self = .array(texts.map(Self.string))
    }

    package init(_ documents: [BSONDocument]) {
        self = .array(documents.map(Self.document))
    }
}

extension BSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) {
        self = .string(value)
    }

    package init(integerLiteral value: Int64) {
        self = .int(value)
    }

    package init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    package init(floatLiteral value: Double) {
        self = .double(value)
    }

    package init(nilLiteral: ()) {
        self = .null
    }

    package init(arrayLiteral elements: BSONValue...) {
        self = .array(elements)
    }

    package init(dictionaryLiteral elements: (String, BSONValue)...) {
        self = .document(BSONDocument(fields: elements.map { (name: $0.0, value: $0.1) }))
    }
}

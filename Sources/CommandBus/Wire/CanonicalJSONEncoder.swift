import Foundation

/// Writes values as JSON (RFC 8259) in one form only: keys in the order of their bytes, no white space, nothing escaped
/// that need not be. Equal values are equal bytes.
///
/// Foundation's encoder can do the same, at several times the cost; encoding was the largest part of answering a read.
struct CanonicalJSONEncoder {
    static func encode(_ value: some Encodable) throws -> Data {
        let piece = try JSONPiece(encoding: value)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        try piece.write(to: &bytes)
        return Data(bytes)
    }
}

/// A JSON value on its way to text.
private enum JSONPiece {
    case null
    case boolean(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case number(Double)
    case string(String)
    case array(ArrayBox)
    case object(ObjectBox)

    final class ArrayBox {
        var items: [JSONPiece] = []
    }

    final class ObjectBox {
        var members: [(key: String, value: JSONPiece)] = []
    }

    init(encoding value: some Encodable) throws {
        let encoder = PieceEncoder()
        try value.encode(to: encoder)
        // A type that encodes nothing at all is an empty object, as a struct without fields is.
        self = encoder.piece ?? .object(ObjectBox())
    }

    func write(to bytes: inout [UInt8]) throws {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .boolean(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): bytes.append(contentsOf: String(value).utf8)
        case .unsigned(let value): bytes.append(contentsOf: String(value).utf8)
        case .number(let value):
            guard value.isFinite else {
                throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "JSON has no such number"))
            }
            bytes.append(
                contentsOf: (value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)").utf8)
        case .string(let text): Self.write(text, to: &bytes)
        case .array(let box):
            bytes.append(UInt8(ascii: "["))
            for (index, item) in box.items.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                try item.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let box):
            bytes.append(UInt8(ascii: "{"))
            box.members.sort { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (index, member) in box.members.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                try member.value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            guard utf8.contains(where: { $0 < 32 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) else {
                bytes.append(contentsOf: utf8)
                return
            }
            for byte in utf8 { escape(byte, to: &bytes) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func escape(_ byte: UInt8, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\""): bytes.append(contentsOf: #"\""#.utf8)
        case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
        case UInt8(ascii: "\n"): bytes.append(contentsOf: #"\n"#.utf8)
        case UInt8(ascii: "\r"): bytes.append(contentsOf: #"\r"#.utf8)
        case UInt8(ascii: "\t"): bytes.append(contentsOf: #"\t"#.utf8)
        case 0..<32:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: #"\u00"#.utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        default: bytes.append(byte)
        }
    }
}

/// Takes one value.
private final class PieceEncoder: Encoder {
    var piece: JSONPiece?
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        // A type may ask more than once, and adds to the same object then.
        if case .object(let box)? = piece { return KeyedEncodingContainer(KeyedPieces<Key>(box: box)) }
        let box = JSONPiece.ObjectBox()
        piece = .object(box)
        return KeyedEncodingContainer(KeyedPieces<Key>(box: box))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array(let box)? = piece { return UnkeyedPieces(box: box) }
        let box = JSONPiece.ArrayBox()
        piece = .array(box)
        return UnkeyedPieces(box: box)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SinglePiece(encoder: self) }
}

private struct KeyedPieces<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let box: JSONPiece.ObjectBox
    var codingPath: [any CodingKey] { [] }

    private func add(_ piece: JSONPiece, _ key: Key) { box.members.append((key.stringValue, piece)) }

    func encodeNil(forKey key: Key) { add(.null, key) }
    func encode(_ value: Bool, forKey key: Key) { add(.boolean(value), key) }
    func encode(_ value: String, forKey key: Key) { add(.string(value), key) }
    func encode(_ value: Double, forKey key: Key) { add(.number(value), key) }
    func encode(_ value: Float, forKey key: Key) { add(.number(Double(value)), key) }
    func encode(_ value: Int, forKey key: Key) { add(.integer(Int64(value)), key) }
    func encode(_ value: Int8, forKey key: Key) { add(.integer(Int64(value)), key) }
    func encode(_ value: Int16, forKey key: Key) { add(.integer(Int64(value)), key) }
    func encode(_ value: Int32, forKey key: Key) { add(.integer(Int64(value)), key) }
    func encode(_ value: Int64, forKey key: Key) { add(.integer(value), key) }
    func encode(_ value: UInt, forKey key: Key) { add(.unsigned(UInt64(value)), key) }
    func encode(_ value: UInt8, forKey key: Key) { add(.unsigned(UInt64(value)), key) }
    func encode(_ value: UInt16, forKey key: Key) { add(.unsigned(UInt64(value)), key) }
    func encode(_ value: UInt32, forKey key: Key) { add(.unsigned(UInt64(value)), key) }
    func encode(_ value: UInt64, forKey key: Key) { add(.unsigned(value), key) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { add(try JSONPiece(encoding: value), key) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        let nested = JSONPiece.ObjectBox()
        add(.object(nested), key)
        return KeyedEncodingContainer(KeyedPieces<Nested>(box: nested))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let nested = JSONPiece.ArrayBox()
        add(.array(nested), key)
        return UnkeyedPieces(box: nested)
    }

    // Only classes that inherit ask for these, and no class goes over the wire.
    func superEncoder() -> any Encoder { PieceEncoder() }
    func superEncoder(forKey key: Key) -> any Encoder { PieceEncoder() }
}

private struct UnkeyedPieces: UnkeyedEncodingContainer {
    let box: JSONPiece.ArrayBox
    var codingPath: [any CodingKey] { [] }
    var count: Int { box.items.count }

    func encodeNil() { box.items.append(.null) }
    func encode<Value: Encodable>(_ value: Value) throws { box.items.append(try JSONPiece(encoding: value)) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        let nested = JSONPiece.ObjectBox()
        box.items.append(.object(nested))
        return KeyedEncodingContainer(KeyedPieces<Nested>(box: nested))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let nested = JSONPiece.ArrayBox()
        box.items.append(.array(nested))
        return UnkeyedPieces(box: nested)
    }

    func superEncoder() -> any Encoder { PieceEncoder() }
}

private struct SinglePiece: SingleValueEncodingContainer {
    let encoder: PieceEncoder
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { encoder.piece = .null }
    func encode(_ value: Bool) { encoder.piece = .boolean(value) }
    func encode(_ value: String) { encoder.piece = .string(value) }
    func encode(_ value: Double) { encoder.piece = .number(value) }
    func encode(_ value: Float) { encoder.piece = .number(Double(value)) }
    func encode(_ value: Int) { encoder.piece = .integer(Int64(value)) }
    func encode(_ value: Int8) { encoder.piece = .integer(Int64(value)) }
    func encode(_ value: Int16) { encoder.piece = .integer(Int64(value)) }
    func encode(_ value: Int32) { encoder.piece = .integer(Int64(value)) }
    func encode(_ value: Int64) { encoder.piece = .integer(value) }
    func encode(_ value: UInt) { encoder.piece = .unsigned(UInt64(value)) }
    func encode(_ value: UInt8) { encoder.piece = .unsigned(UInt64(value)) }
    func encode(_ value: UInt16) { encoder.piece = .unsigned(UInt64(value)) }
    func encode(_ value: UInt32) { encoder.piece = .unsigned(UInt64(value)) }
    func encode(_ value: UInt64) { encoder.piece = .unsigned(value) }
    func encode<Value: Encodable>(_ value: Value) throws { encoder.piece = try JSONPiece(encoding: value) }
}

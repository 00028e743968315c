import CMongocShims
import Foundation

/// Bytes that are no document, or a document that can't be bytes.
enum BSONError: Error, Equatable {
    /// The bytes are not BSON, or a text in them is not UTF-8.
    case malformed
    /// A field's name holds a NUL, which ends names on the wire.
    case unusableName
    /// A value of a kind that Farebus never writes.
    case unwritable(type: UInt8)
    /// Larger than a document may be, or nested deeper.
    case tooLarge
}

extension BSONDocument {
    /// The bytes of this document; libbson lays them out.
    ///
    /// - Throws: ``BSONError``.
    func encoded() throws -> [UInt8] {
        guard let writer = farebus_bson_writer_new() else { throw BSONError.tooLarge }
        defer { farebus_bson_writer_destroy(writer) }
        try Self.write(fields, to: writer)
        var length: UInt32 = 0
        let bytes = farebus_bson_writer_bytes(writer, &length)
        return Array(UnsafeBufferPointer(start: bytes, count: Int(length)))
    }

    /// Reads the bytes of a document; libbson finds the fields.
    ///
    /// - Parameters:
    ///   - bytes: one whole document and nothing behind it.
    ///   - source: the collection, for errors to name.
    /// - Throws: ``BSONError/malformed``; ``BSONError/tooLarge`` where documents lie in each other too deep.
    init(bytes: UnsafeBufferPointer<UInt8>, source: String = "") throws {
        guard let start = bytes.baseAddress, let reader = farebus_bson_reader_new(start, bytes.count) else {
            throw BSONError.malformed
        }
        defer { farebus_bson_reader_destroy(reader) }
        self.init(fields: try Self.readFields(reader))
        self.source = source
    }

    init(bytes: [UInt8], source: String = "") throws {
        self = try bytes.withUnsafeBufferPointer { try BSONDocument(bytes: $0, source: source) }
    }
}

// MARK: - Writing

extension BSONDocument {
    private static func write(_ fields: [Field], to writer: OpaquePointer) throws {
        for field in fields {
            var name = field.name
            try name.withUTF8 { utf8 in
                guard !utf8.contains(0) else { throw BSONError.unusableName }
                guard let length = Int32(exactly: utf8.count) else { throw BSONError.tooLarge }
                try write(field.value, utf8.baseAddress, length, to: writer)
            }
        }
    }

    /// What takes the place of a name's length for the next element of an array.
    private static let nextIndex: Int32 = -1

    private static func write(
        _ value: BSONValue, _ key: UnsafePointer<UInt8>?, _ length: Int32, to writer: OpaquePointer
    ) throws {
        let isWritten: Bool
        switch value {
        case .null: isWritten = farebus_bson_write_null(writer, key, length)
        case .bool(let flag): isWritten = farebus_bson_write_bool(writer, key, length, flag)
        case .int(let number): isWritten = farebus_bson_write_int(writer, key, length, number)
        case .double(let number): isWritten = farebus_bson_write_double(writer, key, length, number)
        case .string(var text):
            isWritten = try text.withUTF8 { utf8 in
                guard let count = Int32(exactly: utf8.count) else { throw BSONError.tooLarge }
                return farebus_bson_write_text(writer, key, length, utf8.baseAddress, count)
            }
        case .binary(let data):
            guard let count = UInt32(exactly: data.count), count <= Int32.max else { throw BSONError.tooLarge }
            isWritten = data.withUnsafeBytes { bytes in
                farebus_bson_write_binary(writer, key, length, bytes.baseAddress, count)
            }
        case .array(let values):
            guard farebus_bson_begin(writer, key, length, true) else { throw BSONError.tooLarge }
            for value in values { try write(value, nil, nextIndex, to: writer) }
            isWritten = farebus_bson_end(writer)
        case .document(let document):
            guard farebus_bson_begin(writer, key, length, false) else { throw BSONError.tooLarge }
            try write(document.fields, to: writer)
            isWritten = farebus_bson_end(writer)
        case .other(let type): throw BSONError.unwritable(type: type)
        }
        guard isWritten else { throw BSONError.tooLarge }
    }
}

// MARK: - Reading

extension BSONDocument {
    private static func readFields(_ reader: OpaquePointer) throws -> [Field] {
        var fields: [Field] = []
        while let type = try next(reader) {
            var length: UInt32 = 0
            let key = farebus_bson_key(reader, &length)
            let name = try text(key, length)
            fields.append((name: name, value: try readValue(type, reader)))
        }
        return fields
    }

    private static func readElements(_ reader: OpaquePointer) throws -> [BSONValue] {
        var values: [BSONValue] = []
        while let type = try next(reader) { values.append(try readValue(type, reader)) }
        return values
    }

    /// - Returns: the type of the next field, nil behind the last one.
    private static func next(_ reader: OpaquePointer) throws -> Int32? {
        let type = farebus_bson_next(reader)
        guard type >= 0 else { throw BSONError.malformed }
        return type == 0 ? nil : type
    }

    private static func readValue(_ type: Int32, _ reader: OpaquePointer) throws -> BSONValue {
        var length: UInt32 = 0
        switch Int(type) {
        case FAREBUS_BSON_NULL: return .null
        case FAREBUS_BSON_BOOL: return .bool(farebus_bson_bool(reader))
        case FAREBUS_BSON_INT32, FAREBUS_BSON_INT64: return .int(farebus_bson_int(reader))
        case FAREBUS_BSON_DOUBLE: return .double(farebus_bson_double(reader))
        case FAREBUS_BSON_TEXT:
            guard let start = farebus_bson_text(reader, &length) else { throw BSONError.malformed }
            return .string(try text(start, length))
        case FAREBUS_BSON_BINARY:
            guard let start = farebus_bson_binary(reader, &length) else {
                guard length == 0 else { throw BSONError.malformed }
                return .binary(Data())
            }
            return .binary(Data(bytes: start, count: Int(length)))
        case FAREBUS_BSON_DOCUMENT: return try nested(reader) { .document(BSONDocument(fields: try readFields(reader))) }
        case FAREBUS_BSON_ARRAY: return try nested(reader) { .array(try readElements(reader)) }
        default: return .other(type: UInt8(truncatingIfNeeded: type))
        }
    }

    private static func nested(_ reader: OpaquePointer, _ body: () throws -> BSONValue) throws -> BSONValue {
        guard farebus_bson_enter(reader) else { throw BSONError.tooLarge }
        defer { farebus_bson_leave(reader) }
        return try body()
    }

    private static func text(_ start: UnsafePointer<CChar>, _ length: UInt32) throws -> String {
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(length))
        guard let text = String(validating: bytes, as: UTF8.self) else { throw BSONError.malformed }
        return text
    }
}

import Foundation

/// JSON to look things up in; what is not there is `null`.
enum JSON: Decodable, Equatable, Sendable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // Each try that fails costs something, so the most frequent kind comes first.
        if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(Bool.self) {
            self = .boolean(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    /// Null where the bytes are no JSON.
    init(_ data: Data) {
        self = (try? JSONDecoder().decode(JSON.self, from: data)) ?? .null
    }

    subscript(key: String) -> JSON {
        if case .object(let fields) = self { return fields[key] ?? .null }
        return .null
    }

    subscript(index: Int) -> JSON {
        array.indices.contains(index) ? array[index] : .null
    }

    var string: String? {
        if case .string(let value) = self { return value }
        return nil
    }

    var int: Int? {
        if case .number(let value) = self { return Int(exactly: value) }
        return nil
    }

    var array: [JSON] {
        if case .array(let items) = self { return items }
        return []
    }

    /// The very bytes of a field of an object, as they stand in it.
    ///
    /// - Returns: nil if there is no such field, or the text is no object.
    static func bytes(of field: String, in object: Data) -> Data? {
        var scanner = JSONScanner(bytes: Array(object))
        return scanner.value(of: field).map { Data($0) }
    }
}

/// Finds where values begin and end, without a change to their bytes.
private struct JSONScanner {
    let bytes: [UInt8]
    var index = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func value(of field: String) -> ArraySlice<UInt8>? {
        skipSpace()
        guard take(UInt8(ascii: "{")) else { return nil }
        while index < bytes.count {
            skipSpace()
            let name = skipValue()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { return nil }
            skipSpace()
            let value = skipValue()
            if JSON(Data(name)).string == field { return value }
            skipSpace()
            guard take(UInt8(ascii: ",")) else { return nil }
        }
        return nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpace() {
        while index < bytes.count, [9, 10, 13, 32].contains(bytes[index]) { index += 1 }
    }

    /// Well-formed JSON only: a string, a thing between brackets, or a word up to the next mark.
    private mutating func skipValue() -> ArraySlice<UInt8> {
        let start = index
        var depth = 0
        var isText = false
        while index < bytes.count {
            let byte = bytes[index]
            if isText {
                if byte == UInt8(ascii: "\\") { index += 1 } else if byte == UInt8(ascii: "\"") { isText = false }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isText = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { return bytes[start..<index] }
                    depth -= 1
                case UInt8(ascii: ","), UInt8(ascii: ":"):
                    if depth == 0 { return bytes[start..<index] }
                default: break
                }
            }
            index += 1
        }
        return bytes[start..<min(index, bytes.count)]
    }
}

/// Finds the schema of a Codable type by letting it decode itself from a decoder that only takes notes.
///
/// It works with the synthesized `init(from:)`: that asks for each key once, and asks `contains` first exactly where
/// the property is optional.
package enum SchemaProbe {
    /// The schema of `type`.
    ///
    /// - Throws: ``Failure`` if the type's own `init(from:)` can't be led through without real input. That is a mistake
    ///   in the type, and shows when the command is registered.
    package static func schema<Value: Decodable>(of type: Value.Type) throws -> Schema {
        try probe(type).schema
    }

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    fileprivate static func probe<Value: Decodable>(_ type: Value.Type) throws -> (value: Value, schema: Schema) {
        if let provider = type as? any SchemaProviding.Type {
            let schema = provider.schema
            guard let value = schema.placeholder as? Value else {
                throw Failure(description: "\(type) has no placeholder that keeps its own rule")
            }
            return (value, schema)
        }
        let notes = Notes()
        let value = try Value(from: NotingDecoder(notes: notes))
        return (value, notes.schema)
    }
}

private final class Notes {
    var shape: Schema.Shape = .object([])
    var properties: [Schema.Property] = []
    var optionalKeys: Set<String> = []
    var isKeyed = false

    var schema: Schema { Schema(isKeyed ? (properties.isEmpty ? shape : .object(properties)) : shape) }

    func note(_ name: String, _ schema: Schema) {
        properties.append(.init(name: name, schema: schema, isRequired: !optionalKeys.contains(name)))
    }
}

private struct NotingDecoder: Decoder {
    let notes: Notes
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        notes.isKeyed = true
        // A dictionary asks for a key type that takes any text, and then for all keys.
        if Key(stringValue: "any key") != nil { notes.shape = .map }
        return KeyedDecodingContainer(KeyedNotes<Key>(notes: notes))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer { UnkeyedNotes(notes: notes) }
    func singleValueContainer() -> any SingleValueDecodingContainer { SingleNotes(notes: notes) }
}

private struct KeyedNotes<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let notes: Notes
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool {
        notes.optionalKeys.insert(key.stringValue)
        return true
    }

    func decodeNil(forKey key: Key) -> Bool { false }

    private func plain<Value>(_ value: Value, _ shape: Schema.Shape, _ key: Key) -> Value {
        notes.note(key.stringValue, Schema(shape))
        return value
    }

    func decode(_ type: Bool.Type, forKey key: Key) -> Bool { plain(false, .boolean, key) }
    func decode(_ type: String.Type, forKey key: Key) -> String { plain("", .string(), key) }
    func decode(_ type: Double.Type, forKey key: Key) -> Double { plain(0, .number, key) }
    func decode(_ type: Float.Type, forKey key: Key) -> Float { plain(0, .number, key) }
    func decode(_ type: Int.Type, forKey key: Key) -> Int { plain(0, .integer(), key) }
    func decode(_ type: Int8.Type, forKey key: Key) -> Int8 { plain(0, .integer(), key) }
    func decode(_ type: Int16.Type, forKey key: Key) -> Int16 { plain(0, .integer(), key) }
    func decode(_ type: Int32.Type, forKey key: Key) -> Int32 { plain(0, .integer(), key) }
    func decode(_ type: Int64.Type, forKey key: Key) -> Int64 { plain(0, .integer(), key) }
    func decode(_ type: UInt.Type, forKey key: Key) -> UInt { plain(0, .integer(minimum: 0), key) }
    func decode(_ type: UInt8.Type, forKey key: Key) -> UInt8 { plain(0, .integer(minimum: 0), key) }
    func decode(_ type: UInt16.Type, forKey key: Key) -> UInt16 { plain(0, .integer(minimum: 0), key) }
    func decode(_ type: UInt32.Type, forKey key: Key) -> UInt32 { plain(0, .integer(minimum: 0), key) }
    func decode(_ type: UInt64.Type, forKey key: Key) -> UInt64 { plain(0, .integer(minimum: 0), key) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let (value, schema) = try SchemaProbe.probe(type)
        notes.note(key.stringValue, schema)
        return value
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        throw SchemaProbe.Failure(
            description: "nested containers are not probed: give '\(key.stringValue)' a type of its own"
        )
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw SchemaProbe.Failure(
            description: "nested containers are not probed: give '\(key.stringValue)' a type of its own"
        )
    }
    func superDecoder() throws -> any Decoder { throw SchemaProbe.Failure(description: "classes are not probed") }
    func superDecoder(forKey key: Key) throws -> any Decoder {
        throw SchemaProbe.Failure(description: "classes are not probed")
    }
}

private struct UnkeyedNotes: UnkeyedDecodingContainer {
    let notes: Notes
    var currentIndex = 0
    var count: Int? { 1 }
    var isAtEnd: Bool { currentIndex >= 1 }
    var codingPath: [any CodingKey] { [] }

    init(notes: Notes) { self.notes = notes }

    mutating func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (value, schema) = try SchemaProbe.probe(type)
        currentIndex += 1
        notes.shape = .array(schema)
        return value
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        throw SchemaProbe.Failure(description: "nested containers are not probed")
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw SchemaProbe.Failure(description: "nested containers are not probed")
    }
    mutating func superDecoder() throws -> any Decoder { throw SchemaProbe.Failure(description: "classes are not probed") }
}

private struct SingleNotes: SingleValueDecodingContainer {
    let notes: Notes
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { false }

    private func plain<Value>(_ value: Value, _ shape: Schema.Shape) -> Value {
        notes.shape = shape
        return value
    }

    func decode(_ type: Bool.Type) -> Bool { plain(false, .boolean) }
    func decode(_ type: String.Type) -> String { plain("", .string()) }
    func decode(_ type: Double.Type) -> Double { plain(0, .number) }
    func decode(_ type: Float.Type) -> Float { plain(0, .number) }
    func decode(_ type: Int.Type) -> Int { plain(0, .integer()) }
    func decode(_ type: Int8.Type) -> Int8 { plain(0, .integer()) }
    func decode(_ type: Int16.Type) -> Int16 { plain(0, .integer()) }
    func decode(_ type: Int32.Type) -> Int32 { plain(0, .integer()) }
    func decode(_ type: Int64.Type) -> Int64 { plain(0, .integer()) }
    func decode(_ type: UInt.Type) -> UInt { plain(0, .integer(minimum: 0)) }
    func decode(_ type: UInt8.Type) -> UInt8 { plain(0, .integer(minimum: 0)) }
    func decode(_ type: UInt16.Type) -> UInt16 { plain(0, .integer(minimum: 0)) }
    func decode(_ type: UInt32.Type) -> UInt32 { plain(0, .integer(minimum: 0)) }
    func decode(_ type: UInt64.Type) -> UInt64 { plain(0, .integer(minimum: 0)) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (value, schema) = try SchemaProbe.probe(type)
        notes.shape = schema.shape
        return value
    }
}

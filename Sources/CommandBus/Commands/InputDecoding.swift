import Foundation

/// Decodes the input of one command: at full speed while it is right, and with every violation named once it is not.
struct InputDecoding<Input: Codable & Sendable>: Sendable {
    private let schema: Schema
    private let decoder: JSONDecoder

    init(schema: Schema) {
        self.schema = schema
        decoder = JSONDecoder()
        decoder.userInfo[.knownKeys] = Set(schema.properties.map(\.name))
    }

    func callAsFunction(_ data: Data) throws(Problem) -> DecodedInput {
        let value: Input
        do {
            value = try decoder.decode(Strict<Input>.self, from: data).value
        } catch {
            throw problem(with: data)
        }
        // The fast path sees the keys of the outermost object only.
        if schema.isNested { try throwViolations(in: data) }
        return DecodedInput(value: value, canonical: { try WireJSON.encode(value) })
    }

    private func problem(with data: Data) -> Problem {
        do throws(Problem) {
            try throwViolations(in: data)
            // The fields are right one by one, but not together.
            return .invalid("", "is not valid")
        } catch {
            return error
        }
    }

    private func throwViolations(in data: Data) throws(Problem) {
        let value: JSONValue
        do {
            value = try decoder.decode(JSONValue.self, from: data)
        } catch {
            throw Problem(.malformedJSON, "The input is not well-formed JSON (RFC 8259).")
        }
        let violations = schema.violations(in: value)
        if !violations.isEmpty { throw .invalid(violations) }
    }
}

/// Decodes a value only if its object has no key that the value does not know: a mistyped name is an error, not a
/// field that silently does nothing.
private struct Strict<Value: Decodable>: Decodable {
    let value: Value

    init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: AnyKey.self).allKeys
        if let known = decoder.userInfo[.knownKeys] as? Set<String> {
            for key in keys where !known.contains(key.stringValue) {
                throw DecodingError.dataCorrupted(.init(codingPath: [key], debugDescription: "unknown key"))
            }
        }
        value = try Value(from: decoder)
    }
}

private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension CodingUserInfoKey {
    fileprivate static let knownKeys = {
        guard let key = CodingUserInfoKey(rawValue: "farebus.knownKeys") else {
            preconditionFailure("a user info key takes any text")
        }
        return key
    }()
}

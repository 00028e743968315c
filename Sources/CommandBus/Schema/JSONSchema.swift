extension Schema {
    /// The schema as a JSON Schema (draft 2020-12) document, as OpenAPI 3.1 and AsyncAPI 3.0 take it.
    package var document: JSONValue {
        .object(members)
    }

    private var members: [String: JSONValue] {
        switch shape {
        case .string(let minLength, let maxLength, let pattern, let format, let choices):
            var members: [String: JSONValue] = ["type": .string("string")]
            members["minLength"] = minLength.map { .integer(Int64($0)) }
            members["maxLength"] = maxLength.map { .integer(Int64($0)) }
            members["pattern"] = pattern.map(JSONValue.string)
            members["format"] = format.map(JSONValue.string)
            members["enum"] = choices.map { .array($0.map(JSONValue.string)) }
            return members
        case .integer(let minimum, let maximum):
            var members: [String: JSONValue] = ["type": .string("integer")]
            members["minimum"] = minimum.map { .integer(Int64($0)) }
            members["maximum"] = maximum.map { .integer(Int64($0)) }
            return members
        case .number: return ["type": .string("number")]
        case .boolean: return ["type": .string("boolean")]
        case .array(let element): return ["type": .string("array"), "items": element.document]
        case .map: return ["type": .string("object")]
        case .object(let properties):
            var members: [String: JSONValue] = [
                "type": .string("object"),
                "properties": .object(Dictionary(uniqueKeysWithValues: properties.map { ($0.name, $0.schema.document) })),
            ]
            let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
            if !required.isEmpty { members["required"] = .array(required) }
            return members
        }
    }
}

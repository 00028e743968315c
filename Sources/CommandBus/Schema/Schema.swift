/// What a value must look like on the wire.
///
/// Made from the Swift type itself (``SchemaProbe``) and used for three things that must never disagree: naming every
/// violation of an input, and the input and output descriptions in OpenAPI and AsyncAPI.
package struct Schema: Sendable {
    package indirect enum Shape: Sendable {
        case string(
            minLength: Int? = nil, maxLength: Int? = nil, pattern: String? = nil, format: String? = nil,
            choices: [String]? = nil
        )
        case integer(minimum: Int? = nil, maximum: Int? = nil)
        case number
        case boolean
        case array(Schema)
        /// Properties in the order of the type's declaration.
        case object([Property])
        /// An object with any keys.
        case map
    }

    package struct Property: Sendable {
        package let name: String
        package let schema: Schema
        package let isRequired: Bool
    }

    package let shape: Shape
    /// The rule of a refined type: nil if the value keeps it, else the violation in words.
    let violation: (@Sendable (JSONValue) -> String?)?
    /// Any value of the type that keeps its rule; the probe needs one to go on.
    let placeholder: (any Sendable)?

    init(_ shape: Shape, placeholder: (any Sendable)? = nil, violation: (@Sendable (JSONValue) -> String?)? = nil) {
        self.shape = shape
        self.placeholder = placeholder
        self.violation = violation
    }

    /// The schema of a refined type: its rule is the type's own initializer.
    ///
    /// - Parameters:
    ///   - type: the refined type.
    ///   - base: what the raw value looks like, for the description.
    ///   - example: a raw value that keeps the rule.
    package static func refined<R: Refined>(_ type: R.Type, base: Shape, example: R.Raw) -> Schema {
        Schema(base, placeholder: try? R(refining: example)) { value in
            guard let raw = value.unwrapped(as: R.Raw.self) else { return nil }
            do throws(RuleViolation) {
                _ = try R(refining: raw)
                return nil
            } catch {
                return error.detail
            }
        }
    }

    /// The schema of a type that is read from a text.
    package static func parsed<Value: Sendable>(
        base: Shape, example: Value?, rule: String, accepts: @escaping @Sendable (String) -> Bool
    ) -> Schema {
        Schema(base, placeholder: example) { value in
            guard case .string(let text) = value else { return nil }
            return accepts(text) ? nil : rule
        }
    }

    /// Whether some property is itself an object or a list, so that the names of all keys can't be checked in one look.
    var isNested: Bool {
        guard case .object(let properties) = shape else { return false }
        return properties.contains { property in
            switch property.schema.shape {
            case .object, .array, .map: true
            case .string, .integer, .number, .boolean: false
            }
        }
    }

    package var properties: [Property] {
        if case .object(let properties) = shape { properties } else { [] }
    }
}

/// A type that knows its own schema; all others are probed.
package protocol SchemaProviding {
    static var schema: Schema { get }
}

/// One broken rule of an input: where, and what.
package struct Violation: Codable, Equatable, Sendable {
    /// A JSON pointer (RFC 6901) into the input; empty for the whole of it.
    package let pointer: String
    package let detail: String

    package init(pointer: String, detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}

extension Schema {
    /// Every violation of `value`, in the order of the schema, at most fifty.
    package func violations(in value: JSONValue) -> [Violation] {
        var found: [Violation] = []
        walk(value, at: "", into: &found)
        return Array(found.prefix(50))
    }

    private func walk(_ value: JSONValue, at pointer: String, into found: inout [Violation]) {
        guard found.count < 50 else { return }
        func add(_ detail: String) { found.append(Violation(pointer: pointer, detail: detail)) }
        switch (shape, value) {
        case (.object(let properties), .object(let members)):
            for property in properties {
                let path = pointer + "/" + Self.escaped(property.name)
                switch members[property.name] {
                case nil where property.isRequired:
                    found.append(Violation(pointer: path, detail: "is required"))
                case nil: break
                case .null where !property.isRequired: break
                case let member?: property.schema.walk(member, at: path, into: &found)
                }
            }
            let known = Set(properties.map(\.name))
            for name in members.keys.sorted() where !known.contains(name) && found.count < 50 {
                found.append(Violation(pointer: pointer + "/" + Self.escaped(name), detail: "is not a known field"))
            }
        case (.array(let element), .array(let values)):
            for (index, item) in values.enumerated() {
                element.walk(item, at: "\(pointer)/\(index)", into: &found)
            }
        case (.map, .object), (.string, .string), (.integer, .integer), (.number, .number), (.number, .integer),
            (.boolean, .boolean):
            if let detail = violation?(value) { add(detail) }
        case (.string, _): add("must be a string, not \(value.kind)")
        case (.integer, .number): add("must be a whole number")
        case (.integer, _): add("must be a whole number, not \(value.kind)")
        case (.number, _): add("must be a number, not \(value.kind)")
        case (.boolean, _): add("must be true or false, not \(value.kind)")
        case (.array, _): add("must be a list, not \(value.kind)")
        case (.object, _), (.map, _): add("must be an object, not \(value.kind)")
        }
    }

    private static func escaped(_ name: String) -> String {
        name.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}

/// A closed set of words on the wire.
package protocol WireEnum: RawRepresentable, CaseIterable, Codable, Hashable, Sendable, SchemaProviding
where RawValue == String {}

extension WireEnum {
    package static var schema: Schema {
        let words = allCases.map(\.rawValue)
        return .parsed(
            base: .string(choices: words), example: allCases.first, rule: "must be one of: \(words.joined(separator: ", "))",
            accepts: { words.contains($0) }
        )
    }
}

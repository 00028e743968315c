/// A value that is checked where it is made, so that whoever holds one need not check it again.
///
/// A refined type states its rule once: `init(refining:)` is the decoder's rule, the description of the schema and the
/// text of the violation. Nothing else in the house repeats it.
package protocol Refined: Codable, Hashable, Sendable, SchemaProviding {
    associatedtype Raw: Codable & Sendable

    /// The plain value that goes over the wire and into the store.
    var raw: Raw { get }

    /// Checks a plain value.
    ///
    /// - Parameter raw: the value as it came in.
    /// - Throws: ``RuleViolation`` with the rule that the value breaks, in words for the client.
    init(refining raw: Raw) throws(RuleViolation)
}

/// Why a single value is not acceptable, in words that a client may be shown.
package struct RuleViolation: Error, Equatable, Sendable {
    package let detail: String

    package init(_ detail: String) {
        self.detail = detail
    }
}

extension Refined {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let raw = try container.decode(Raw.self)
        do {
            self = try Self(refining: raw)
        } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: error.detail))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(raw)
    }
}

extension Refined where Raw == String {
    /// A value for the reference. A rule that refuses its own example stops the server when the command is registered.
    package static func example(_ raw: String) -> Self {
        do throws(RuleViolation) {
            return try Self(refining: raw)
        } catch {
            preconditionFailure("the example of \(Self.self) breaks its own rule: \(error.detail)")
        }
    }
}

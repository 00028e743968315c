import Foundation

/// A text of `min` to `max` characters without control characters, trimmed of white space at both ends.
package struct Text<let min: Int, let max: Int>: Refined {
    package let raw: String

    package init(refining raw: String) throws(RuleViolation) {
        let trimmed = raw.trimmingCharacters(in: .whitespaces)
        guard trimmed.count >= min, trimmed.count <= max else {
            throw RuleViolation("must have \(min) to \(max) characters")
        }
        // A character may be made of many scalars; without this bound a short "text" could be megabytes.
        guard trimmed.utf8.count <= max * 8 else {
            throw RuleViolation("must have at most \(max * 8) bytes")
        }
        guard !trimmed.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw RuleViolation("must not contain control characters")
        }
        self.raw = trimmed
    }

    package static var schema: Schema {
        .refined(Self.self, base: .string(minLength: min, maxLength: max), example: "text")
    }
}

/// A whole number from `min` to `max`, both included.
package struct Bounded<let min: Int, let max: Int>: Refined {
    package let raw: Int

    package init(refining raw: Int) throws(RuleViolation) {
        guard raw >= min, raw <= max else { throw RuleViolation("must be from \(min) to \(max)") }
        self.raw = raw
    }

    package static var schema: Schema {
        .refined(Self.self, base: .integer(minimum: min, maximum: max), example: min)
    }
}

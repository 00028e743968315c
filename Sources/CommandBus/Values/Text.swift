import Foundation

/// A text of `min` to `max` characters that can be seen, trimmed of white space at both ends and composed (UAX #15, form C),
/// so that what looks the same is the same.
package struct Text<let min: Int, let max: Int>: Refined {
    package let raw: String

    package init(refining raw: String) throws(RuleViolation) {
        let trimmed = raw.trimmingCharacters(in: .whitespaces)
        guard trimmed.count >= min, trimmed.count <= max else {
            throw RuleViolation("must have \(min) to \(max) characters")
        }
        // A character may be made of many scalars; without this bound a short "text" could be megabytes.
        let size = RuleViolation("must have at most \(max * 8) bytes")
        guard trimmed.utf8.count <= max * 8 else { throw size }
        if let violation = TextRules.violation(of: trimmed) { throw violation }
        self.raw = trimmed.precomposedStringWithCanonicalMapping
        guard self.raw.utf8.count <= max * 8 else { throw size }
    }

    package static var schema: Schema {
        .refined(Self.self, base: .string(minLength: min, maxLength: max), example: "text")
    }
}

/// Which characters a text may have that people read.
private enum TextRules {
    static func violation(of text: String) -> RuleViolation? {
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control: return RuleViolation("must not contain control characters")
            case .lineSeparator, .paragraphSeparator: return RuleViolation("must not contain line breaks")
            case .privateUse, .surrogate, .unassigned:
                return RuleViolation("must not contain characters without a meaning")
            default: break
            }
            if isDirection(scalar) { return RuleViolation("must not contain marks that change the direction of writing") }
        }
        // Joiners belong to the spelling of Indic and Persian names, and stay; but somebody must be able to see something.
        guard text.isEmpty || text.unicodeScalars.contains(where: isVisible) else {
            return RuleViolation("must have characters that can be seen")
        }
        return nil
    }

    /// Whether a character is a mark that changes the order in which what stands around it is shown (UAX #9): a name with
    /// one can look like another name, and make what is written beside it look otherwise.
    private static func isDirection(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x061C, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        // The blank of Braille is a symbol by its category; nobody sees it.
        !scalar.properties.isDefaultIgnorableCodePoint && !scalar.properties.isWhitespace && scalar.value != 0x2800
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

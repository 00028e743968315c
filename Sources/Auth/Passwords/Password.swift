package import CommandBus
import Cryptography
import Foundation

/// A password that somebody wants to have: 8 to 128 characters, normalised as an opaque string (RFC 8265, section 4.2),
/// so that it is the same from whatever keyboard it comes.
package struct NewPassword: Refined, Unprintable {
    package let raw: String

    package init(refining raw: String) throws(RuleViolation) {
        self.raw = try OpaqueString.normalise(raw, length: 8...128)
    }

    package static var schema: Schema {
        .refined(
            Self.self, base: .string(minLength: 8, maxLength: 128, format: "password"), example: "correct horse battery"
        )
    }

    /// Why the password can't be taken: whoever guesses tries it early.
    ///
    /// - Parameters:
    ///   - address: the account's address.
    ///   - words: further words that anyone would think of here, such as the name of the service.
    /// - Returns: nil if it can be taken, else the rule in words.
    func weakness(address: EmailAddress, words: [String]) -> String? {
        if Set(raw.lowercased()).count < 4 { return "must have at least 4 different characters" }
        let owner = OwnerWords(address: address, words: words)
        if owner.areNearlyAll(of: raw) {
            return
                "must not be little more than your e-mail address, name or roll number or the name of the service; choose another"
        }
        if PasswordStrength.bits(raw, words: owner.all) < PasswordStrength.needed {
            return "is too easy to guess: it is a common password, word or pattern; choose a longer or less usual one"
        }
        return nil
    }
}

/// A password as somebody claims to have it. Only its length is bounded: any rule beyond that would tell about passwords.
package struct ShownPassword: Refined, Unprintable {
    package let raw: String

    package init(refining raw: String) throws(RuleViolation) {
        self.raw = try OpaqueString.normalise(raw, length: 1...128)
    }

    package static var schema: Schema {
        .refined(
            Self.self, base: .string(minLength: 1, maxLength: 128, format: "password"), example: "correct horse battery"
        )
    }
}

/// The profile OpaqueString of PRECIS, as far as it can change or refuse a text (RFC 8265, section 4.2.2).
enum OpaqueString {
    static func normalise(_ raw: String, length: ClosedRange<Int>) throws(RuleViolation) -> String {
        let rule = RuleViolation("must have \(length.lowerBound) to \(length.upperBound) characters")
        // Normalising may make a text three times as long (UAX #15); what is far too long is not even looked at.
        guard raw.unicodeScalars.count <= length.upperBound * 4 else { throw rule }
        var spaced = String.UnicodeScalarView()
        for scalar in raw.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .surrogate, .unassigned, .privateUse:
                throw RuleViolation("must not contain control characters or characters without a meaning")
            case .spaceSeparator: spaced.append(" ")
            default: spaced.append(scalar)
            }
        }
        let normal = String(spaced).precomposedStringWithCanonicalMapping
        guard length.contains(normal.unicodeScalars.count) else { throw rule }
        return normal
    }
}

package import CommandBus
import Cryptography

/// The six digits that an authenticator app shows.
package struct AuthenticatorCode: Refined, Unprintable {
    package let raw: String

    package init(refining raw: String) throws(RuleViolation) {
        guard raw.utf8.count == 6, raw.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw RuleViolation("must be the 6 digits that the app shows")
        }
        self.raw = raw
    }

    package static var schema: Schema {
        .refined(Self.self, base: .string(minLength: 6, maxLength: 6, pattern: "^[0-9]{6}$"), example: "123456")
    }
}

package import CommandBus
import Cryptography

/// The secret by which a device is known again, as the last sign-in on it was given it: 16 to 128 visible ASCII characters.
/// One that the server has never given is no mistake: it just tells nothing.
package struct DeviceSecret: Refined, Unprintable {
    package let raw: String

    init(_ token: SecretToken) {
        raw = token.text
    }

    package init(refining raw: String) throws(RuleViolation) {
        guard (16...128).contains(raw.utf8.count), raw.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw RuleViolation("must have 16 to 128 visible ASCII characters")
        }
        self.raw = raw
    }

    package static var schema: Schema {
        .refined(
            Self.self, base: .string(minLength: 16, maxLength: 128, pattern: "^[!-~]+$"),
            example: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        )
    }
}

/// What a client shows to go on with something that it began: a token of 43 characters.
package struct ShownToken: Refined, Unprintable {
    package let raw: String
    /// What the server kept of it.
    let digest: Digest256

    package init(refining raw: String) throws(RuleViolation) {
        guard let digest = SecretToken.digest(ofShown: raw), Base64URL.decode(raw) != nil else {
            throw RuleViolation("must be a token as the server gave it")
        }
        self.raw = raw
        self.digest = digest
    }

    package static var schema: Schema {
        .refined(
            Self.self, base: .string(minLength: 43, maxLength: 43, pattern: "^[A-Za-z0-9_-]{43}$"),
            example: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        )
    }
}

import Cryptography
package import Foundation

/// The name that a client gives to one intended effect: 1 to 255 visible ASCII characters.
///
/// - SeeAlso: draft-ietf-httpapi-idempotency-key-header-07.
package struct IdempotencyKey: Hashable, Sendable {
    package let raw: String

    package init(refining raw: String) throws(RuleViolation) {
        guard (1...255).contains(raw.utf8.count), raw.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw RuleViolation("must have 1 to 255 visible ASCII characters")
        }
        self.raw = raw
    }
}

/// What tells whether two inputs under one key are the same: the SHA-256 of the command and its canonical input.
package struct IdempotencyFingerprint: Hashable, Sendable {
    package let bytes: Data

    package init(bytes: Data) {
        self.bytes = bytes
    }

    init(command: String, canonicalInput: Data) {
        bytes = Data(SHA256.hash(Array(command.utf8) + [0] + Array(canonicalInput)))
    }
}

/// The first answer under a key, kept for good.
package struct IdempotencyRecord: Sendable {
    package let fingerprint: IdempotencyFingerprint
    package let status: Int
    package let body: Data

    package init(fingerprint: IdempotencyFingerprint, status: Int, body: Data) {
        self.fingerprint = fingerprint
        self.status = status
        self.body = body
    }
}

extension Problem {
    static let keyReused = Problem(
        .keyReused, "This key was used before with another command or another input. Use a new key for a new effect."
    )
}

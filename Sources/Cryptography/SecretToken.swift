/// A secret of 256 random bits that its holder shows as 43 characters; the server keeps only ``digest``.
///
/// It describes itself without its text, so that it can't get into a log by accident.
package struct SecretToken: Sendable, Unprintable {
    package static let byteCount = 32
    package static let characterCount = 43

    /// What its holder shows.
    package let text: String

    /// - Parameter bytes: 32 bytes from a cryptographic generator.
    package init(bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount, "a token has 32 bytes")
        text = Base64URL.encode(bytes)
    }

    /// The SHA-256 of the text. A secret of 256 random bits needs neither salt nor a slow hash.
    package var digest: Digest256 { SHA256.digest(text.utf8) }

    /// The digest of a text that claims to be a token; nil if it can't be one.
    package static func digest(ofShown text: String) -> Digest256? {
        guard text.utf8.count == characterCount else { return nil }
        return SHA256.digest(text.utf8)
    }
}

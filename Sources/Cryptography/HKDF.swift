/// HKDF with SHA-256 (RFC 5869): makes keys for different uses from one secret, so that none of them tells anything of the
/// secret or of another.
package enum HKDF {
    /// The longest key that can be made: 255 hashes.
    package static let maximumCount = 255 * SHA256.byteCount

    /// A key of some secret.
    ///
    /// - Parameters:
    ///   - secret: what the key is made from; not a password.
    ///   - salt: a value that need not be secret; empty where there is none.
    ///   - info: what the key is for: another key for each.
    ///   - count: how many bytes the key has; 1 to ``maximumCount``.
    package static func key(from secret: [UInt8], salt: [UInt8] = [], info: [UInt8], count: Int = 32) -> [UInt8] {
        precondition((1...maximumCount).contains(count), "a derived key has 1 to \(maximumCount) bytes")
        // Extract, section 2.2. No salt is a hash of zeros there, and HMAC fills up a key with zeros by itself.
        let extracted = HMAC.sha256.code(for: secret, key: salt)
        // Expand, section 2.3.
        var (key, block, number) = ([UInt8](), [UInt8](), UInt8(1))
        while true {
            block = HMAC.sha256.code(for: block + info + [number], key: extracted)
            key += block
            if key.count >= count { return Array(key.prefix(count)) }
            number += 1
        }
    }
}

import COpenSSL

/// AES-256 in Galois/Counter Mode (NIST SP 800-38D), as OpenSSL computes it: hides bytes, and shows whether anybody has
/// changed them or moved them to where they don't belong.
package struct AES256GCM: Sendable, Unprintable {
    package static let keyByteCount = 32
    package static let nonceByteCount = 12
    package static let tagByteCount = 16

    private let key: [UInt8]

    /// - Parameter key: 32 secret bytes that nothing else is done with.
    package init(key: [UInt8]) {
        precondition(key.count == Self.keyByteCount, "the key has 32 bytes")
        self.key = key
    }

    /// Encrypts some bytes.
    ///
    /// - Parameters:
    ///   - plain: what is hidden; may be empty.
    ///   - nonce: 12 bytes that were never used with this key before. Random ones are good for some 2^32 messages (section
    ///     8.3).
    ///   - associated: what is not hidden, but must be the same when the bytes are read.
    /// - Returns: as many bytes as there are in `plain`, and the tag of 16 bytes.
    package func seal(_ plain: [UInt8], nonce: [UInt8], associated: [UInt8]) -> [UInt8] {
        precondition(nonce.count == Self.nonceByteCount, "the nonce has 12 bytes")
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        var sealed = [UInt8](repeating: 0, count: plain.count + Self.tagByteCount)
        var count: Int32 = 0
        // A tag is asked for by length, and comes at the end of what is written.
        let done =
            EVP_EncryptInit_ex2(context, Algorithms.aes256GCM.pointer, key, nonce, nil) == 1
            && EVP_EncryptUpdate(context, nil, &count, associated, Int32(associated.count)) == 1
            && EVP_EncryptUpdate(context, &sealed, &count, plain, Int32(plain.count)) == 1
            && sealed.withUnsafeMutableBytes { buffer in
                let end = UnsafeMutableRawBufferPointer(rebasing: buffer[plain.count...])
                let pointer = end.bindMemory(to: UInt8.self).baseAddress
                return EVP_EncryptFinal_ex(context, pointer, &count) == 1
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagByteCount), pointer) == 1
            }
        guard done else { preconditionFailure("OpenSSL could not encrypt with AES-256-GCM") }
        return sealed
    }

    /// Reads what was sealed.
    ///
    /// - Parameters:
    ///   - sealed: what ``seal(_:nonce:associated:)`` gave.
    ///   - nonce: the 12 bytes with which it was sealed.
    ///   - associated: what was associated with it.
    /// - Returns: nil if anything is not as it was, and then no byte of it.
    package func open(_ sealed: [UInt8], nonce: [UInt8], associated: [UInt8]) -> [UInt8]? {
        guard nonce.count == Self.nonceByteCount, sealed.count >= Self.tagByteCount else { return nil }
        let context = EVP_CIPHER_CTX_new()
        defer { EVP_CIPHER_CTX_free(context) }
        let hidden = Array(sealed.dropLast(Self.tagByteCount))
        var tag = Array(sealed.suffix(Self.tagByteCount))
        var plain = [UInt8](repeating: 0, count: sealed.count)
        var count: Int32 = 0
        guard EVP_DecryptInit_ex2(context, Algorithms.aes256GCM.pointer, key, nonce, nil) == 1,
            EVP_DecryptUpdate(context, nil, &count, associated, Int32(associated.count)) == 1,
            EVP_DecryptUpdate(context, &plain, &count, hidden, Int32(hidden.count)) == 1,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
        else { preconditionFailure("OpenSSL could not decrypt with AES-256-GCM") }
        var rest = [UInt8](repeating: 0, count: Self.tagByteCount)
        // Only this tells whether the tag is right: what was decrypted until here is nobody's to see before.
        guard EVP_DecryptFinal_ex(context, &rest, &count) == 1 else { return nil }
        return Array(plain.prefix(hidden.count))
    }
}

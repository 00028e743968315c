/// HMAC-SHA-256 (RFC 2104, FIPS 198-1), as OpenSSL computes it.
package struct HMACSHA256: Sendable, Unprintable {
    private let key: [UInt8]

    /// - Parameter key: the secret, of any length; 32 bytes are as strong as it gets.
    package init(key: [UInt8]) {
        self.key = key
    }

    /// The code of one message.
    package func code(for message: some Sequence<UInt8>) -> Digest256 {
        code { update in withContiguousBytes(of: message, update) }
    }

    /// The code of a list of parts, each preceded by its length, so that no two lists give the same message.
    package func code(forParts parts: [[UInt8]]) -> Digest256 {
        code { update in
            for part in parts {
                withUnsafeBytes(of: UInt64(part.count).bigEndian, update)
                part.withUnsafeBytes(update)
            }
        }
    }

    private func code(_ feed: (_ update: (UnsafeRawBufferPointer) -> Void) -> Void) -> Digest256 {
        guard let digest = Digest256(HMAC.sha256.code(key: key, feed)) else {
            preconditionFailure("OpenSSL's HMAC-SHA-256 has not 32 bytes")
        }
        return digest
    }
}

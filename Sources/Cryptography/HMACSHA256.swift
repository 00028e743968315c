import COpenSSL

/// HMAC-SHA-256 (RFC 2104, FIPS 198-1), as OpenSSL computes it.
package struct HMACSHA256: Sendable {
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
        let context = EVP_MAC_CTX_new(Algorithms.hmac.pointer)
        defer { EVP_MAC_CTX_free(context) }
        var output = [UInt8](repeating: 0, count: SHA256.byteCount)
        var count = 0
        var name = Array("SHA256".utf8CString)
        let started = name.withUnsafeMutableBufferPointer { name in
            var parameters = [
                OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.baseAddress, 0), OSSL_PARAM_construct_end(),
            ]
            return EVP_MAC_init(context, key, key.count, &parameters)
        }
        var isFed = started == 1
        feed { bytes in
            let pointer = bytes.bindMemory(to: UInt8.self).baseAddress
            isFed = isFed && EVP_MAC_update(context, pointer, bytes.count) == 1
        }
        let ended = EVP_MAC_final(context, &output, &count, output.count)
        guard isFed, ended == 1, let digest = Digest256(output[..<count]) else {
            preconditionFailure("OpenSSL could not compute HMAC-SHA-256")
        }
        return digest
    }
}

import COpenSSL

/// Keyed hashes (RFC 2104, FIPS 198-1) with one of several hash functions, as OpenSSL computes them.
///
/// Whoever is free to choose takes ``HMACSHA256``. The others are for what was agreed elsewhere, such as by the makers of
/// authenticator apps; SHA-1's collisions don't weaken its HMAC (RFC 6194, section 3.3).
package enum HMAC: String, Sendable, CaseIterable {
    case sha1 = "SHA1"
    case sha256 = "SHA256"
    case sha512 = "SHA512"

    /// The code of one message: 20, 32 or 64 bytes.
    ///
    /// - Parameters:
    ///   - message: of any length.
    ///   - key: the secret, of any length.
    package func code(for message: some Sequence<UInt8>, key: [UInt8]) -> [UInt8] {
        code(key: key) { update in withContiguousBytes(of: message, update) }
    }

    /// The code of a message that comes in pieces.
    func code(key: [UInt8], _ feed: (_ update: (UnsafeRawBufferPointer) -> Void) -> Void) -> [UInt8] {
        let context = EVP_MAC_CTX_new(Algorithms.hmac.pointer)
        defer { EVP_MAC_CTX_free(context) }
        var output = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count = 0
        var name = Array(rawValue.utf8CString)
        // A parameter only points at its name: that must be there until the parameters were read.
        let started = OSSL_MAC_PARAM_DIGEST.withCString { digest in
            name.withUnsafeMutableBufferPointer { name in
                let parameters = [
                    OSSL_PARAM_construct_utf8_string(digest, name.baseAddress, 0), OSSL_PARAM_construct_end(),
                ]
                return EVP_MAC_init(context, key, key.count, parameters)
            }
        }
        var isFed = started == 1
        feed { bytes in
            let pointer = bytes.bindMemory(to: UInt8.self).baseAddress
            isFed = isFed && EVP_MAC_update(context, pointer, bytes.count) == 1
        }
        let ended = EVP_MAC_final(context, &output, &count, output.count)
        guard isFed, ended == 1 else { preconditionFailure("OpenSSL could not compute HMAC with \(rawValue)") }
        output.removeLast(output.count - count)
        return output
    }
}

import COpenSSL

/// SHA-256 (FIPS 180-4), as OpenSSL computes it.
package enum SHA256 {
    package static let byteCount = 32

    package static func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let input = Array(bytes)
        var digest = [UInt8](repeating: 0, count: byteCount)
        var length: UInt32 = 0
        let done = EVP_Digest(input, input.count, &digest, &length, EVP_sha256(), nil)
        precondition(done == 1 && length == 32, "OpenSSL has no SHA-256")
        return digest
    }
}

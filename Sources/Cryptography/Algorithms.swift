import COpenSSL

/// The algorithms of OpenSSL, looked up once: a lookup costs more than hashing a token.
enum Algorithms {
    static let sha256 = FetchedAlgorithm(EVP_MD_fetch(nil, "SHA256", nil), named: "SHA-256")
    static let hmac = FetchedAlgorithm(EVP_MAC_fetch(nil, "HMAC", nil), named: "HMAC")
    static let aes256GCM = FetchedAlgorithm(EVP_CIPHER_fetch(nil, "AES-256-GCM", nil), named: "AES-256-GCM")
}

/// A fetched algorithm, kept until the process ends.
///
/// `@unchecked Sendable`: OpenSSL never changes a fetched algorithm, and counts references to it atomically (crypto(7)).
struct FetchedAlgorithm: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer?, named name: String) {
        guard let pointer else { preconditionFailure("this OpenSSL has no \(name)") }
        self.pointer = pointer
    }
}

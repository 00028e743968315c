import COpenSSL

/// SHA-256 (FIPS 180-4), as OpenSSL computes it.
package enum SHA256 {
    package static let byteCount = 32

    /// The hash as bytes.
    package static func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            withContiguousBytes(of: bytes) { write(hashOf: $0, to: UnsafeMutableRawBufferPointer(buffer)) }
            count = byteCount
        }
    }

    /// The hash as a value without storage of its own: for keys of dictionaries.
    package static func digest(_ bytes: some Sequence<UInt8>) -> Digest256 {
        var digest = Digest256()
        withContiguousBytes(of: bytes) { input in
            withUnsafeMutableBytes(of: &digest.words) { write(hashOf: input, to: $0) }
        }
        return digest
    }

    private static func write(hashOf input: UnsafeRawBufferPointer, to output: UnsafeMutableRawBufferPointer) {
        let target = output.bindMemory(to: UInt8.self).baseAddress
        let done = EVP_Digest(input.baseAddress, input.count, target, nil, Algorithms.sha256.pointer, nil)
        precondition(done == 1, "OpenSSL could not compute SHA-256")
    }
}

/// 256 bits of a hash or a message authentication code.
package struct Digest256: Hashable, Sendable {
    fileprivate(set) var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init() {}

    /// The digest of 32 bytes, as they come from a store; nil if there are more or fewer.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == SHA256.byteCount else { return nil }
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    package var bytes: [UInt8] {
        withUnsafeBytes(of: words) { Array($0) }
    }

    package static func == (left: Self, right: Self) -> Bool {
        // Every word is looked at, whatever the first ones say.
        (left.words.0 ^ right.words.0) | (left.words.1 ^ right.words.1) | (left.words.2 ^ right.words.2)
            | (left.words.3 ^ right.words.3) == 0
    }

    package func hash(into hasher: inout Hasher) {
        // One word of a digest is as random as all of them.
        hasher.combine(words.0)
    }
}

/// Gives `body` the bytes in one piece, and copies them only if they are not in one piece already.
func withContiguousBytes<Result>(
    of bytes: some Sequence<UInt8>, _ body: (UnsafeRawBufferPointer) throws -> Result
) rethrows -> Result {
    let result = try bytes.withContiguousStorageIfAvailable { try body(UnsafeRawBufferPointer($0)) }
    if let result { return result }
    return try Array(bytes).withUnsafeBytes(body)
}

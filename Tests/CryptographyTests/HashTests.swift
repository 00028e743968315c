import Cryptography
import Testing

func bytes(hex: String) -> [UInt8] {
    let digits = hex.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue ?? 0) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

@Suite("SHA-256")
struct SHA256Tests {
    @Test(
        "The vectors of FIPS 180-4",
        arguments: [
            ("abc", "ba7816bf 8f01cfea 414140de 5dae2223 b00361a3 96177a9c b410ff61 f20015ad"),
            ("", "e3b0c442 98fc1c14 9afbf4c8 996fb924 27ae41e4 649b934c a495991b 7852b855"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61 d20638b8 e5c02693 0c3e6039 a33ce459 64ff2167 f6ecedd4 19db06c1"
            ),
        ]
    )
    func vector(message: String, hash: String) {
        #expect(SHA256.hash(message.utf8) == bytes(hex: hash))
        #expect(SHA256.digest(message.utf8).bytes == bytes(hex: hash))
    }

    @Test("A million letters")
    func million() {
        let hash = "cdc76e5c 9914fb92 81a1c7e2 84d73e67 f1809a48 a497200e 046d39cc c7112cd0"
        #expect(SHA256.hash(repeatElement(UInt8(ascii: "a"), count: 1_000_000)) == bytes(hex: hash))
    }

    @Test("Bytes that are not in one piece have the hash of those that are")
    func pieces() {
        let whole = Array("a seat on the bus".utf8)
        #expect(SHA256.hash(AnySequence(whole)) == SHA256.hash(whole))
        #expect(SHA256.digest(whole[2...]) == SHA256.digest(Array(whole[2...])))
    }

    @Test("A digest comes back from its bytes, and from nothing else")
    func digest() {
        let digest = SHA256.digest("x".utf8)
        #expect(Digest256(digest.bytes) == digest)
        #expect(Digest256(digest.bytes.dropLast()) == nil)
        #expect(Digest256(digest.bytes + [0]) == nil)
        for index in 0..<32 {
            var other = digest.bytes
            other[index] ^= 1
            #expect(Digest256(other) != digest)
        }
    }
}

@Suite("HMAC-SHA-256")
struct HMACTests {
    /// RFC 4231, section 4, but for the truncated fifth.
    static let vectors: [(key: [UInt8], message: [UInt8], code: String)] = [
        (
            .init(repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b 881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c7 5a003f089d2739839dec58b964ec3843"
        ),
        (
            .init(repeating: 0xaa, count: 20), .init(repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a7 2959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(1...25), .init(repeating: 0xcd, count: 50),
            "82558a389a443c0ea4cc819899f2083a 85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            .init(repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f 8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            .init(repeating: 0xaa, count: 131),
            Array(
                """
                This is a test using a larger than block-size key and a larger than block-size data. The key needs to be \
                hashed before being used by the HMAC algorithm.
                """.utf8
            ),
            "9b09ffa71b942fcb27635fbcd5b0e944 bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test("The vectors of RFC 4231", arguments: 0..<6)
    func vector(index: Int) {
        let (key, message, code) = Self.vectors[index]
        #expect(HMACSHA256(key: key).code(for: message).bytes == bytes(hex: code))
    }

    @Test("Parts are told apart however they are cut")
    func parts() {
        let mac = HMACSHA256(key: .init(repeating: 7, count: 32))
        let codes = [
            mac.code(forParts: [Array("ab".utf8), Array("c".utf8)]),
            mac.code(forParts: [Array("a".utf8), Array("bc".utf8)]),
            mac.code(forParts: [Array("abc".utf8)]), mac.code(forParts: [Array("abc".utf8), []]),
            mac.code(for: Array("abc".utf8)),
        ]
        #expect(Set(codes).count == codes.count)
    }

    @Test("Another key, another code; an empty message has one too")
    func keys() {
        let codes = [[UInt8](), [0], .init(repeating: 1, count: 32)].map { HMACSHA256(key: $0).code(for: []) }
        // An empty key and one of zeros are both padded to the same block (RFC 2104): known, and of no use to anybody.
        #expect(codes[0] == codes[1])
        #expect(codes[1] != codes[2])
    }
}

@Suite("Constant-time comparison")
struct ConstantTimeTests {
    @Test("It tells equal from unequal")
    func compare() {
        #expect(constantTimeEqual(Array("secret".utf8), Array("secret".utf8)))
        #expect(!constantTimeEqual(Array("secret".utf8), Array("secres".utf8)))
        #expect(!constantTimeEqual(Array("secret".utf8), Array("secre".utf8)))
        #expect(constantTimeEqual([UInt8](), [UInt8]()))
    }
}

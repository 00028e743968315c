import Cryptography
import Testing

@Suite("AES-256-GCM")
struct SealingTests {
    struct Vector: Sendable {
        let key: String
        let nonce: String
        var plain = ""
        var associated = ""
        let sealed: String
    }

    private static let key = "feffe9928665731c6d6a8f9467308308 feffe9928665731c6d6a8f9467308308"
    private static let plain = """
        d9313225f88406e5a55909c5aff5269a 86a7a9531534f7da2e4c303d8a318a72 1c3c0c95956809532fcf0e2449a6b525 \
        b16aedf5aa0de657ba637b39
        """
    private static let hidden = """
        522dc1f099567d07f47f37a32a84427d 643a8cdcbfe5c0c97598a2bd2555d1aa 8cb08e48590dbb3da7b08b1056828838 \
        c5f61e6393ba7a0abcc9f662
        """
    private static let zeros = String(repeating: "0", count: 64)

    /// McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B: the test cases 13 to 16.
    static let vectors = [
        Vector(key: zeros, nonce: String(zeros.prefix(24)), sealed: "530f8afbc74536b9a963b4f1c4cb738b"),
        Vector(
            key: zeros, nonce: String(zeros.prefix(24)), plain: String(zeros.prefix(32)),
            sealed: "cea7403d4d606b6e074ec5d3baf39d18 d0d1c8a799996bf0265b98b5d48ab919"
        ),
        Vector(
            key: key, nonce: "cafebabefacedbaddecaf888", plain: plain + "1aafd255",
            sealed: hidden + "898015ad b094dac5d93471bdec1a502270e3cc6c"
        ),
        Vector(
            key: key, nonce: "cafebabefacedbaddecaf888", plain: plain,
            associated: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            sealed: hidden + "76fc6ece0f4e1768cddf8853bb2d551b"
        ),
    ]

    @Test("The vectors of McGrew and Viega", arguments: vectors)
    func vector(vector: Vector) {
        let cipher = AES256GCM(key: bytes(hex: vector.key))
        let (nonce, associated) = (bytes(hex: vector.nonce), bytes(hex: vector.associated))
        let (plain, sealed) = (bytes(hex: vector.plain), bytes(hex: vector.sealed))
        #expect(cipher.seal(plain, nonce: nonce, associated: associated) == sealed)
        #expect(cipher.open(sealed, nonce: nonce, associated: associated) == plain)
    }

    @Test("What was changed in any bit, cut short or moved elsewhere is not read")
    func tampering() {
        let cipher = AES256GCM(key: Array(0..<32))
        let (plain, nonce, associated) = (Array("a secret".utf8), [UInt8](1...12), Array("a_asha".utf8))
        let sealed = cipher.seal(plain, nonce: nonce, associated: associated)
        #expect(cipher.open(sealed, nonce: nonce, associated: associated) == plain)
        for bit in 0..<sealed.count * 8 {
            #expect(cipher.open(flipped(sealed, bit), nonce: nonce, associated: associated) == nil)
        }
        for bit in 0..<nonce.count * 8 {
            #expect(cipher.open(sealed, nonce: flipped(nonce, bit), associated: associated) == nil)
        }
        for count in 0..<sealed.count {
            #expect(cipher.open(Array(sealed.prefix(count)), nonce: nonce, associated: associated) == nil)
        }
        #expect(cipher.open(sealed + [0], nonce: nonce, associated: associated) == nil)
        #expect(cipher.open(sealed, nonce: nonce + [0], associated: associated) == nil)
        for other in [[], Array("a_ravi".utf8), associated + [0]] {
            #expect(cipher.open(sealed, nonce: nonce, associated: other) == nil)
        }
        #expect(AES256GCM(key: Array(1...32)).open(sealed, nonce: nonce, associated: associated) == nil)
    }

    private func flipped(_ bytes: [UInt8], _ bit: Int) -> [UInt8] {
        var bytes = bytes
        bytes[bit / 8] ^= 1 << (bit % 8)
        return bytes
    }
}

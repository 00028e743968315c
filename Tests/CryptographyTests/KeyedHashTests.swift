import Cryptography
import Testing

@Suite("HMAC with other hashes")
struct KeyedHashTests {
    @Test(
        "The vectors of RFC 2202, section 3, for SHA-1",
        arguments: [
            ([UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8), "b617318655057264e28bc0b6fb378c8ef146be00"),
            (Array("Jefe".utf8), Array("what do ya want for nothing?".utf8), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (
                .init(repeating: 0xaa, count: 20), .init(repeating: 0xdd, count: 50),
                "125d7342b9ac11cd91a39af48aa17b4f63f175d3"
            ),
            (
                .init(repeating: 0xaa, count: 80), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "aa4ae5e15272d00e95705637ce8a3b55ed402112"
            ),
        ]
    )
    func sha1(key: [UInt8], message: [UInt8], code: String) {
        #expect(HMAC.sha1.code(for: message, key: key) == bytes(hex: code))
    }

    @Test(
        "The vectors of RFC 4231, section 4, for SHA-512",
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 20), "Hi There",
                """
                87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
                daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854
                """
            ),
            (
                Array("Jefe".utf8), "what do ya want for nothing?",
                """
                164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737
                """
            ),
        ]
    )
    func sha512(key: [UInt8], message: String, code: String) {
        #expect(HMAC.sha512.code(for: message.utf8, key: key) == bytes(hex: code))
    }

    @Test("SHA-256 is that of the type of its own")
    func sha256() {
        for vector in HMACTests.vectors {
            let code = HMAC.sha256.code(for: vector.message, key: vector.key)
            #expect(code == HMACSHA256(key: vector.key).code(for: vector.message).bytes)
        }
    }
}

@Suite("HKDF with SHA-256")
struct HKDFTests {
    @Test(
        "The vectors of RFC 5869, appendix A",
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 22), [UInt8](0x00...0x0c), [UInt8](0xf0...0xf9),
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
            ),
            (
                Array(0x00...0x4f), Array(0x60...0xaf), Array(0xb0...0xff),
                """
                b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09\
                da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87
                """
            ),
            (
                .init(repeating: 0x0b, count: 22), [], [],
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
            ),
        ]
    )
    func vector(secret: [UInt8], salt: [UInt8], info: [UInt8], key: String) {
        let key = bytes(hex: key)
        #expect(HKDF.key(from: secret, salt: salt, info: info, count: key.count) == key)
    }

    @Test("Each use has a key of its own")
    func uses() {
        let secret = [UInt8](0..<32)
        let keys = ["a", "b", ""].map { HKDF.key(from: secret, info: Array($0.utf8)) }
        #expect(Set(keys).count == 3)
        #expect(keys.allSatisfy { $0.count == 32 && $0 != secret })
        #expect(HKDF.key(from: secret, info: [], count: HKDF.maximumCount).count == 8160)
    }
}

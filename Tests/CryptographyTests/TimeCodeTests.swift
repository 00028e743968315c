import Cryptography
import Support
import Testing

@Suite("One-time codes by the clock")
struct TimeCodeTests {
    /// The secret of the RFCs, as often as the hash is long.
    private static func secret(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(ascii: "0") + UInt8(($0 + 1) % 10) }
    }

    private static func secret(for hash: HMAC) -> [UInt8] {
        switch hash {
        case .sha1: secret(20)
        case .sha256: secret(32)
        case .sha512: secret(64)
        }
    }

    @Test(
        "The vectors of RFC 4226, appendix D",
        arguments: zip(
            [Int64](0..<10),
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
        )
    )
    func counter(counter: Int64, code: String) {
        #expect(TimeCode().code(of: counter, secret: Self.secret(20)) == code)
    }

    /// RFC 6238, appendix B: seconds, the step, and the codes for SHA-1, SHA-256 and SHA-512.
    static let vectors: [(seconds: Int64, step: Int64, codes: [String])] = [
        (59, 0x1, ["94287082", "46119246", "90693936"]),
        (1_111_111_109, 0x23523EC, ["07081804", "68084774", "25091201"]),
        (1_111_111_111, 0x23523ED, ["14050471", "67062674", "99943326"]),
        (1_234_567_890, 0x273EF07, ["89005924", "91819424", "93441116"]),
        (2_000_000_000, 0x3F940AA, ["69279037", "90698825", "38618901"]),
        (20_000_000_000, 0x27BC_86AA, ["65353130", "77737706", "47863826"]),
    ]

    @Test("The vectors of RFC 6238, appendix B", arguments: vectors)
    func time(seconds: Int64, step: Int64, codes: [String]) {
        for (hash, expected) in zip(HMAC.allCases, codes) {
            let (long, short) = (TimeCode(hash: hash, digits: 8), TimeCode(hash: hash, digits: 6))
            #expect(long.step(at: seconds) == step)
            #expect(long.code(of: step, secret: Self.secret(for: hash)) == expected)
            // A shorter code is the end of a longer one.
            #expect(short.code(of: step, secret: Self.secret(for: hash)) == expected.suffix(6))
            #expect(TimeCode(hash: hash, digits: 7).code(of: step, secret: Self.secret(for: hash)) == expected.suffix(7))
        }
    }

    @Test("A step begins on its second, before 1970 too")
    func steps() {
        let code = TimeCode()
        #expect(
            [-61, -60, -31, -30, -1, 0, 29, 30, 59, 60].map { code.step(at: $0) } == [-3, -2, -2, -1, -1, 0, 0, 1, 1, 2])
        #expect(TimeCode(period: 60).step(at: 119) == 1)
    }

    @Test("Another program comes to the same codes", arguments: HMAC.allCases, [6, 7, 8])
    func counterpart(hash: HMAC, digits: Int) async throws {
        let (code, secret) = (TimeCode(hash: hash, digits: digits), Self.secret(for: hash))
        let start: Int64 = 1_795_501_800
        let shown = try await SystemTool.run(
            "oathtool",
            [
                "--totp=\(hash.rawValue)", "--digits=\(digits)", "--now=@\(start)", "--window=9", "--base32",
                Base32.encode(secret),
            ]
        )
        let codes = (0..<10).map { code.code(of: code.step(at: start) + $0, secret: secret) }
        #expect(shown.split(separator: "\n").map(String.init) == codes)
    }
}

@Suite("Base 32")
struct Base32Tests {
    @Test(
        "The vectors of RFC 4648, section 10, without padding",
        arguments: [
            ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ]
    )
    func vector(plain: String, encoded: String) {
        #expect(Base32.encode(Array(plain.utf8)) == encoded)
    }

    @Test("The whole alphabet, in its order")
    func alphabet() {
        // The numbers 0 to 31, five bits each.
        let numbers = (0..<32).map { String(repeating: "0", count: 5 - String($0, radix: 2).count) + String($0, radix: 2) }
        let bits = Array(numbers.joined())
        let packed = stride(from: 0, to: bits.count, by: 8).compactMap { UInt8(String(bits[$0..<$0 + 8]), radix: 2) }
        #expect(Base32.encode(packed) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    }
}

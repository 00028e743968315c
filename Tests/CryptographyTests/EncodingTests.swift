import Cryptography
import Testing

@Suite("Base 64 for URLs")
struct Base64URLTests {
    @Test(
        "The vectors of RFC 4648, section 10, without padding",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ]
    )
    func vector(plain: String, encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test("The two characters that differ from plain base 64")
    func alphabet() {
        #expect(Base64URL.encode([0xfb, 0xff, 0xbf]) == "-_-_")
        #expect(Base64URL.decode("-_-_") == [0xfb, 0xff, 0xbf])
    }

    @Test(
        "A second spelling of the same bytes is refused",
        arguments: ["Zg==", "Zh", "Zm9", "Z", "Zm9vY", "Zm9v ", "Zm+v", "Zm/v", "é"]
    )
    func refusal(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }

    @Test("All lengths come back")
    func lengths() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ length) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
        }
    }
}

@Suite("Secret tokens")
struct SecretTokenTests {
    @Test("A token is known by its digest alone")
    func digest() {
        let token = SecretToken(bytes: Array(0..<32))
        #expect(token.text.utf8.count == SecretToken.characterCount)
        #expect(SecretToken.digest(ofShown: token.text) == token.digest)
        #expect(SecretToken.digest(ofShown: token.text + "A") == nil)
        #expect(SecretToken.digest(ofShown: "") == nil)
        #expect(SecretToken.digest(ofShown: String(token.text.reversed())) != token.digest)
    }

    @Test("A token doesn't tell its text to a log")
    func secrecy() {
        let token = SecretToken(bytes: Array(0..<32))
        var dumped = ""
        dump(token, to: &dumped)
        for text in ["\(token)", String(reflecting: token), "\([token])", dumped] {
            #expect(!text.contains(token.text))
        }
    }
}

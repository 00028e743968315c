import Testing

@testable import Storage

@Suite("The names of scripts")
struct RedisScriptTests {
    @Test(
        "SHA-1 gives the examples of RFC 3174, section 7.3",
        arguments: [
            ("abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
            ("a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
            ("01234567", 80, "dea356a2cddd90c7a7ecedc5ebb563934f460452"),
            ("", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ]
    )
    func vectors(text: String, times: Int, name: String) {
        #expect(RedisScript(String(repeating: text, count: times)).name == name)
    }
}

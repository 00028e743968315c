import CommandBus
import Cryptography

/// What stands in for an authenticator app that was lost, once: ten characters such as `k7m2p-9xq4t`.
///
/// 50 random bits: with ten codes an account and ten wrong answers a day, guessing for a year finds one with a chance of
/// 1 in 3 * 10^10.
struct RecoveryCode: Sendable, Hashable, Unprintable {
    /// How many an account has when they are new.
    static let count = 10

    /// In lower case, with the hyphen.
    let text: String

    /// Crockford's base 32 in lower case: without letters that are taken for digits, and without `u`.
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// The code that somebody shows; nil if it is of another kind.
    init?(_ shown: FactorCode) {
        guard shown.kind == .recovery else { return nil }
        text = shown.raw
    }

    private init(_ characters: [UInt8]) {
        text = String(decoding: characters.prefix(5) + [UInt8(ascii: "-")] + characters.dropFirst(5), as: UTF8.self)
    }

    /// New codes, all different; every one is equally likely.
    static func make(random: any RandomSource) -> [RecoveryCode] {
        var codes: [RecoveryCode] = []
        while codes.count < count {
            // 256 is a whole multiple of 32, so that the low bits of a byte favour no character.
            let code = RecoveryCode(random.bytes(10).map { alphabet[Int($0 & 31)] })
            if !codes.contains(code) { codes.append(code) }
        }
        return codes
    }
}

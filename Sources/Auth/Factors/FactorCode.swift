package import CommandBus
import Cryptography

/// The second factor as somebody shows it: the 8 digits of a mailed code, the 6 digits of an authenticator app, or a
/// recovery code such as `k7m2p-9xq4t`.
///
/// A recovery code is written in the base 32 of Crockford, and read as that asks for: in either case, with `o` for `0` and
/// `i` or `l` for `1`, and with or without its hyphen.
package struct FactorCode: Refined, Unprintable {
    package enum Kind: Sendable, Equatable {
        case mailed
        case authenticator
        case recovery
    }

    /// Recovery codes in lower case, with the hyphen.
    package let raw: String
    package let kind: Kind

    package init(refining raw: String) throws(RuleViolation) {
        let bytes = Array(raw.utf8)
        let isNumber = bytes.allSatisfy { (48...57).contains($0) }
        if isNumber, bytes.count == 8 || bytes.count == 6 {
            self.raw = raw
            kind = bytes.count == 8 ? .mailed : .authenticator
        } else if let code = Self.recoveryCode(bytes) {
            self.raw = code
            kind = .recovery
        } else {
            throw RuleViolation("must be the 8 digits of a mailed code, the 6 of an authenticator app, or a recovery code")
        }
    }

    /// The code, if it is one that is sent by mail.
    var mailed: OneTimeCode? {
        kind == .mailed ? try? OneTimeCode(refining: raw) : nil
    }

    package static var schema: Schema {
        .refined(
            Self.self,
            base: .string(
                minLength: 6, maxLength: 11,
                pattern: "^([0-9]{6}|[0-9]{8}|[0-9A-TV-Za-tv-z]{5}-?[0-9A-TV-Za-tv-z]{5})$"
            ), example: "12345678"
        )
    }

    private static func recoveryCode(_ bytes: [UInt8]) -> String? {
        var digits = bytes
        if digits.count == 11, digits[5] == UInt8(ascii: "-") { digits.remove(at: 5) }
        guard digits.count == 10 else { return nil }
        for index in digits.indices {
            guard let digit = crockford(digits[index]) else { return nil }
            digits[index] = digit
        }
        digits.insert(UInt8(ascii: "-"), at: 5)
        return String(decoding: digits, as: UTF8.self)
    }

    /// The digit that a byte stands for, in lower case; nil for none.
    private static func crockford(_ byte: UInt8) -> UInt8? {
        switch (65...90).contains(byte) ? byte + 32 : byte {
        case UInt8(ascii: "o"): UInt8(ascii: "0")
        case UInt8(ascii: "i"), UInt8(ascii: "l"): UInt8(ascii: "1")
        case UInt8(ascii: "u"): nil
        case let digit where (48...57).contains(digit) || (97...122).contains(digit): digit
        default: nil
        }
    }
}

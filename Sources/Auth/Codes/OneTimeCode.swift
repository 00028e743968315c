package import CommandBus
import Cryptography

/// Eight digits, sent by mail.
///
/// Five tries at 10^8 codes, ten a day: guessing at 5,000 accounts for a whole day finds one with a chance of 1 in 2,000.
package struct OneTimeCode: Refined, Unprintable {
    package let raw: String

    package init(refining raw: String) throws(RuleViolation) {
        guard raw.utf8.count == 8, raw.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw RuleViolation("must be the 8 digits of the code")
        }
        self.raw = raw
    }

    private init(number: UInt64) {
        let digits = String(number)
        raw = String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    /// A new code; every one is equally likely.
    static func make(random: any RandomSource) -> OneTimeCode {
        OneTimeCode(number: random.number(below: 100_000_000))
    }

    package static var schema: Schema {
        .refined(Self.self, base: .string(minLength: 8, maxLength: 8, pattern: "^[0-9]{8}$"), example: "12345678")
    }
}

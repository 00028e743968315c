/// An amount of minor units (paise, cents) of a currency (ISO 4217). Never a fraction.
package struct Money: Codable, Hashable, Sendable {
    package let amount: Int64
    package let currency: CurrencyCode

    package init(amount: Int64, currency: CurrencyCode) {
        self.amount = amount
        self.currency = currency
    }
}

/// The three capital letters of a currency (ISO 4217).
package struct CurrencyCode: Refined, CustomStringConvertible {
    package let raw: String

    package init(refining raw: String) throws(RuleViolation) {
        guard raw.utf8.count == 3, raw.utf8.allSatisfy({ (65...90).contains($0) }) else {
            throw RuleViolation("must be the three capital letters of a currency (ISO 4217)")
        }
        self.raw = raw
    }

    /// A code that comes from the store or from checked configuration.
    package init(trusted raw: String) {
        self.raw = raw
    }

    package var description: String { raw }

    package static var schema: Schema {
        .refined(Self.self, base: .string(minLength: 3, maxLength: 3, pattern: "^[A-Z]{3}$"), example: "INR")
    }
}

/// By what somebody says who they are: an e-mail address, or the bare user name before the `@` where the operator has said
/// which domain it stands in. Kept in lower case, as addresses are.
package struct SignInName: Refined {
    package let raw: String

    package init(refining raw: String) throws(RuleViolation) {
        if raw.utf8.contains(UInt8(ascii: "@")) {
            self.raw = try EmailAddress(refining: raw).raw
        } else {
            // What may stand before the `@` of an address is a name, whatever the domain.
            let suffix = "@example.com"
            self.raw = String(try EmailAddress(refining: raw + suffix).raw.dropLast(suffix.count))
        }
    }

    /// The address that is meant.
    ///
    /// - Parameter domain: where a bare name stands; nil where there are no bare names.
    /// - Throws: ``RuleViolation`` for a bare name without a domain, or one that is too long together with it.
    package func address(in domain: String?) throws(RuleViolation) -> EmailAddress {
        guard !raw.utf8.contains(UInt8(ascii: "@")), let domain else { return try EmailAddress(refining: raw) }
        return try EmailAddress(refining: "\(raw)@\(domain)")
    }

    package static var schema: Schema {
        .refined(Self.self, base: .string(minLength: 1, maxLength: 254), example: "rider@example.com")
    }
}

/// An e-mail address of the form that mail servers accept in practice: ASCII, one `@`, a domain with a dot, at most 254
/// characters (RFC 5321, section 4.5.3.1). Kept in lower case, so that one mailbox is one account.
package struct EmailAddress: Refined, CustomStringConvertible {
    package let raw: String

    package init(refining raw: String) throws(RuleViolation) {
        let rule = "must be an e-mail address like name@example.com"
        guard raw.utf8.count <= 254 else { throw RuleViolation("must have at most 254 characters") }
        // Letters that only look like others could make a second account for what a person reads as one address. It is asked
        // of the text as it came: some of them are ASCII in lower case, such as the sign of the Kelvin.
        guard raw.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else {
            throw RuleViolation("must be ASCII, without spaces")
        }
        let parts = raw.lowercased().split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count) else { throw RuleViolation(rule) }
        let (local, labels) = (parts[0], parts[1].split(separator: ".", omittingEmptySubsequences: false))
        guard !local.hasPrefix("."), !local.hasSuffix("."), !local.contains(".."),
            local.utf8.allSatisfy(Self.isLocalByte),
            labels.count >= 2, labels.allSatisfy(Self.isDomainLabel)
        else { throw RuleViolation(rule) }
        self.raw = raw.lowercased()
    }

    /// An address that comes from the store or from checked configuration.
    package init(trusted raw: String) {
        self.raw = raw
    }

    package var description: String { raw }

    /// The mailbox that the address most probably leads to: many mail systems take `name+anything` for `name` (subaddresses,
    /// RFC 5233). What must be given to a person once goes by it; whose account it is does not.
    package var mailbox: EmailAddress {
        guard let at = raw.firstIndex(of: "@"), let plus = raw[..<at].firstIndex(of: "+"), plus != raw.startIndex else {
            return self
        }
        return EmailAddress(trusted: String(raw[..<plus] + raw[at...]))
    }

    package static var schema: Schema {
        .refined(Self.self, base: .string(minLength: 3, maxLength: 254, format: "email"), example: "rider@example.com")
    }

    private static func isLocalByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+/=?^_`{|}~.-".utf8.contains(byte)
    }

    private static func isDomainLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
            && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (48...57).contains(byte)
    }
}

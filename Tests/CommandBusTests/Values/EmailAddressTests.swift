import Testing

@testable import CommandBus

@Suite("E-mail addresses")
struct EmailAddressTests {
    @Test(
        "Addresses that mail servers take",
        arguments: [
            ("rider@example.com", "rider@example.com"), ("Rider.One@Example.COM", "rider.one@example.com"),
            ("a@b.co", "a@b.co"),
            ("a+tag@mail.example.co.uk", "a+tag@mail.example.co.uk"), ("o'brien@example.ie", "o'brien@example.ie"),
            ("x_y-z=1@a-b.example", "x_y-z=1@a-b.example"), ("123@456.example", "123@456.example"),
            (String(repeating: "l", count: 64) + "@example.com", String(repeating: "l", count: 64) + "@example.com"),
            ("a@" + String(repeating: "d", count: 63) + ".example", "a@" + String(repeating: "d", count: 63) + ".example"),
            ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ])
    func taken(raw: String, kept: String) throws {
        #expect(try EmailAddress(refining: raw).raw == kept)
    }

    @Test(
        "Addresses that are refused",
        arguments: [
            "", "@", "rider", "rider@", "@example.com", "rider@example", "a@b@example.com", "a b@example.com",
            " a@example.com",
            "a@example.com ", "a@example.com\n", ".a@example.com", "a.@example.com", "a..b@example.com", "a@.example.com",
            "a@example..com", "a@example.com.", "a@-example.com", "a@example-.com", "a@exa_mple.com", "a@[127.0.0.1]",
            #""a b"@example.com"#, "a(b)@example.com", "a,b@example.com", "a<b>@example.com", "a;b@example.com",
            #"a\b@example.com"#,
            "rider@exämple.com", "ridér@example.com", "\u{430}@example.com", "a\u{0}@example.com", "a\r\nbcc:x@example.com",
            String(repeating: "l", count: 65) + "@example.com", "a@" + String(repeating: "d", count: 64) + ".example",
            "a@" + String(repeating: "d.", count: 130) + "example",
        ])
    func refused(raw: String) {
        #expect(throws: RuleViolation.self) { try EmailAddress(refining: raw) }
    }

    @Test(
        "Letters, dots and signs that look like those of ASCII, or become them in lower case or in compatibility form",
        arguments: [
            "\u{430}sha@example.com", "asha@ex\u{430}mple.com", "asha\u{FF20}example.com", "asha\u{FE6B}example.com",
            "as\u{212A}@example.com", "as\u{17F}a@example.com", "asha@example\u{3002}com", "asha@example\u{2024}com",
            "ash\u{131}@example.com", "\u{FF41}sha@example.com", "asha@\u{24D4}xample.com", "a\u{301}sha@example.com",
            "asha\u{AD}@example.com", "as\u{200B}ha@example.com", "as\u{200D}ha@example.com", "\u{202E}asha@example.com",
            "asha@example.com\u{FEFF}", "asha\u{A0}@example.com",
        ])
    func lookAlikes(raw: String) {
        #expect(throws: RuleViolation("must be ASCII, without spaces")) { try EmailAddress(refining: raw) }
        #expect(throws: RuleViolation("must be ASCII, without spaces")) { try SignInName(refining: raw) }
    }

    @Test("At most 254 characters")
    func length() throws {
        let domain = (0..<4).map { _ in String(repeating: "d", count: 47) }.joined(separator: ".")
        let local = String(repeating: "l", count: 254 - domain.count - 1)
        #expect(try EmailAddress(refining: "\(local)@\(domain)").raw.count == 254)
        #expect(throws: RuleViolation("must have at most 254 characters")) {
            try EmailAddress(refining: "l\(local)@\(domain)")
        }
    }

    @Test(
        "What follows a plus sign leads to the same mailbox",
        arguments: [
            ("asha@example.com", "asha@example.com"), ("asha+1@example.com", "asha@example.com"),
            ("asha+a+b@example.com", "asha@example.com"), ("+1@example.com", "+1@example.com"),
            ("asha@plus+.example.com", "asha@plus+.example.com"),
        ])
    func mailbox(address: String, expected: String) {
        #expect(EmailAddress(trusted: address).mailbox.raw == expected)
    }
}

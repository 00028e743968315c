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

    @Test("At most 254 characters")
    func length() throws {
        let domain = (0..<4).map { _ in String(repeating: "d", count: 47) }.joined(separator: ".")
        let local = String(repeating: "l", count: 254 - domain.count - 1)
        #expect(try EmailAddress(refining: "\(local)@\(domain)").raw.count == 254)
        #expect(throws: RuleViolation("must have at most 254 characters")) {
            try EmailAddress(refining: "l\(local)@\(domain)")
        }
    }
}

import Testing

@testable import CommandBus

@Suite("Sign-in names")
struct SignInNameTests {
    @Test(
        "An address is itself, in lower case, whatever the domain",
        arguments: ["campus.test", nil] as [String?])
    func addresses(domain: String?) throws {
        let name = try SignInName(refining: "Asha.Rao@Example.com")
        #expect(name.raw == "asha.rao@example.com")
        #expect(try name.address(in: domain) == EmailAddress(trusted: "asha.rao@example.com"))
    }

    @Test("A bare name stands in the domain, and is refused as an address would be where there is none")
    func names() throws {
        let name = try SignInName(refining: "Asha.Rao+1")
        #expect(name.raw == "asha.rao+1")
        #expect(try name.address(in: "campus.test") == EmailAddress(trusted: "asha.rao+1@campus.test"))
        #expect(throws: RuleViolation("must be an e-mail address like name@example.com")) { try name.address(in: nil) }
    }

    @Test(
        "What is neither",
        arguments: [
            "", "@", "@example.com", "asha@", "asha@example", "as ha", ".asha", "asha.", "as..ha", "a(b)", "ásha", "asha\n",
            "asha@campus.test@example.com", String(repeating: "l", count: 65), String(repeating: "l", count: 1_000_000),
        ])
    func refused(raw: String) {
        #expect(throws: RuleViolation.self) { try SignInName(refining: raw) }
    }

    @Test("A name that is too long together with its domain is refused")
    func length() throws {
        let domain = (0..<4).map { _ in String(repeating: "d", count: 49) }.joined(separator: ".") + ".test"
        let name = try SignInName(refining: String(repeating: "l", count: 64))
        #expect(throws: RuleViolation("must have at most 254 characters")) { try name.address(in: domain) }
    }

    @Test("What was read once is read again")
    func stable() throws {
        for raw in ["Asha", "Asha@Example.com"] {
            let name = try SignInName(refining: raw)
            #expect(try SignInName(refining: name.raw) == name)
        }
    }
}

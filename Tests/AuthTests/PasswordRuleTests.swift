import CommandBus
import Testing

@testable import Auth

@Suite("The rules of passwords")
struct PasswordRuleTests {
    private let address = EmailAddress(trusted: "asha.rao@example.com")

    private func weakness(_ password: String) throws -> String? {
        try NewPassword(refining: password).weakness(address: address, words: ["Farebus", "Asha Rao", "2026-CS-042"])
    }

    @Test(
        "What everybody tries first is refused",
        arguments: [
            "password", "Password1", "PASSWORD123!", "qwertyuiop", "12345678", "iloveyou1", "letmein123", "Summer2026!",
            "welcome2026", "Cricket#123", "aaaabbbb", "abababab",
        ]
    )
    func common(password: String) throws {
        #expect(try weakness(password) != nil)
    }

    @Test(
        "What is known of its owner is refused, alone or with little around it",
        arguments: [
            "asha.rao@example.com", "asha.rao", "Asha.Rao1", "example.com", "farebus!", "MyFarebus", "asha rao",
            "2026-cs-042",
        ]
    )
    func owner(password: String) throws {
        #expect(try weakness(password) != nil)
    }

    @Test(
        "Others are taken",
        arguments: [
            "seven buses at dawn", "correct horse battery", "Tr0ub4dor&3", "farebus takes me to the lake",
            "пароль-для-автобуса",
            "バスの座席を予約する", "x7Kq-99-pLm", "password of the seventh bus",
        ]
    )
    func taken(password: String) throws {
        #expect(try weakness(password) == nil)
    }

    @Test("Eight to 128 characters after normalisation, without controls")
    func length() {
        let rule = RuleViolation("must have 8 to 128 characters")
        for short in ["", "1234567", "e\u{301}e\u{301}e\u{301}e\u{301}"] {
            #expect(throws: rule) { try NewPassword(refining: short) }
        }
        #expect(throws: rule) { try NewPassword(refining: String(repeating: "x", count: 129)) }
        #expect(throws: rule) { try NewPassword(refining: String(repeating: "x", count: 1_000_000)) }
        #expect(throws: Never.self) { try NewPassword(refining: String(repeating: "x", count: 128)) }
        #expect(throws: RuleViolation.self) { try NewPassword(refining: "seven\nbuses") }
        #expect(throws: RuleViolation.self) { try NewPassword(refining: "seven\u{0}buses") }
        // A sign-in says nothing about rules but the length.
        #expect(throws: Never.self) { try ShownPassword(refining: "1") }
    }

    @Test("Composed and decomposed letters and all kinds of spaces are the same; capitals and widths are not")
    func opaque() throws {
        let plain = try NewPassword(refining: "caf\u{E9} au lait")
        #expect(try NewPassword(refining: "cafe\u{301} au\u{3000}lait").raw == plain.raw)
        #expect(try NewPassword(refining: "Caf\u{E9} au lait").raw != plain.raw)
        #expect(try NewPassword(refining: "\u{FF43}af\u{E9} au lait").raw != plain.raw)
    }

    @Test("A password doesn't tell its text to a log")
    func secrecy() throws {
        let password = try NewPassword(refining: "seven buses at dawn")
        var dumped = ""
        dump(password, to: &dumped)
        #expect(!"\(password) \(String(reflecting: password)) \(dumped)".contains("seven"))
    }
}

import CommandBus
import Testing

@testable import Auth

@Suite("The rules of passwords")
struct PasswordRuleTests {
    private let address = EmailAddress(trusted: "asha.rao@example.com")

    private func weakness(_ password: String) throws -> String? {
        try NewPassword(refining: password).weakness(address: address, words: ["Farebus", "Asha Rao", "2026-CS-042"])
    }

    private let easy =
        "is too easy to guess: it is a common password, word or pattern; choose a longer or less usual one"

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

    /// Lists of breaches have them among the first few thousand; the last three lines are India's, and some that zxcvbn
    /// doesn't know by itself.
    @Test(
        "Passwords that are best known are refused",
        arguments: """
            123456789 1234567890 987654321 11223344 12341234 147258369 1q2w3e4r 1q2w3e4r5t 1qaz2wsx zaq12wsx !qaz2wsx
            q1w2e3r4 qwerty123 asdfghjkl zxcvbnm123 qwertzuiop azertyuiop abcd1234 abcdefgh a1b2c3d4 aa123456 password1
            password! passw0rd p@$$w0rd pa$$word passwords changeme123 welcome1 admin123 adminadmin administrator test1234
            trustno1 iloveyou2 iloveyou! sunshine1 princess1 football12 baseball1 superman1 batman123 starwars1 pokemon123
            michael1 jennifer1 charlie123 alexander chocolate1 butterfly1 monkey123 dragon123 harrypotter jesuschrist
            summer2026 december1 computer1 hello123 liverpool1 contraseña motdepasse
            krishna123 ganesh123 jaishriram jaishriram108 jaimatadi omnamahshivaya waheguru bismillah1 saibaba1 hariom123
            hindustan india123 bharat123 mumbai123 cricket123 sachin123 bollywood shahrukh viratkohli18 msdhoni7
            a1s2d3f4 z1x2c3v4 0p9o8i7u ghbdtnbr wachtwoord vkontakte yfdbufnjh63 hostel123 busticket conductor1
            """
            .split(whereSeparator: \.isWhitespace).map(String.init)
    )
    func known(password: String) throws {
        #expect(try weakness(password) == easy)
    }

    @Test(
        "So is what follows a pattern, however long it is",
        arguments: [
            "qwertyuiop[]", "1qaz2wsx3edc", "zxcvbnm,./", "qazwsxedcrfv", "19870512", "12/05/1987", "12-05-1987",
            "p@ssw0rd1", "P@ssw0rd!", "drowssap1", "abcdefghijklmnop", "98765432100", "passwordpassword", "dawndawndawn",
            "summersummer",
            "p\u{E4}ssw\u{F6}rd1", "\u{FF50}\u{FF41}\u{FF53}\u{FF53}\u{FF57}\u{FF4F}\u{FF52}\u{FF44}1",
            String(repeating: "1245", count: 32), String(repeating: "ab12", count: 32),
        ]
    )
    func pattern(password: String) throws {
        #expect(try weakness(password) == easy)
    }

    @Test(
        "Few different characters are refused, however many bytes they have",
        arguments: [
            "aaaaaaaa", "abcabcabcabc", String(repeating: "12", count: 64), String(repeating: "\u{E9}", count: 20),
            "バスバスバスバス",
        ]
    )
    func different(password: String) throws {
        #expect(try weakness(password) == "must have at least 4 different characters")
    }

    @Test(
        "What is known of its owner is refused, alone or with little around it",
        arguments: [
            "asha.rao@example.com", "asha.rao", "Asha.Rao1", "example.com", "farebus!", "MyFarebus", "asha rao",
            "2026-cs-042", "asharao2026", "ASHA_RAO_99", "2026cs042", "2026CS042!", "farebus2026",
        ]
    )
    func owner(password: String) throws {
        #expect(try weakness(password)?.contains("e-mail address, name or roll number") == true)
    }

    @Test(
        "Pieces of it don't make a password, nor does it backwards, or with signs for letters",
        arguments: ["rao2026asha", "Asha@12345", "oarahsa2026", "@sh@r@o2026", "sub3raf1", "042rao2026", "example2026"]
    )
    func pieces(password: String) throws {
        #expect(try weakness(password) == easy)
    }

    @Test("A name with accents is known without them, and the other way round")
    func accents() throws {
        let address = EmailAddress(trusted: "info@example.com")
        for password in ["jose nunez", "Jos\u{E9}N\u{FA}\u{F1}ez1"] {
            let known = try NewPassword(refining: password).weakness(address: address, words: ["Jos\u{E9} N\u{FA}\u{F1}ez"])
            #expect(known?.contains("name") == true)
        }
    }

    @Test(
        "Others are taken",
        arguments: [
            "seven buses at dawn", "correct horse battery", "Tr0ub4dor&3", "farebus takes me to the lake",
            "пароль-для-автобуса",
            "バスの座席を予約する", "x7Kq-99-pLm", "password of the seventh bus", "kd8vq2mz", "tomato ladder",
            "asha takes the tram to the lake",
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

import CommandBus
import Foundation
import Support
import Testing

@testable import Auth

@Suite("The letters with codes")
struct CodeLetterTests {
    private let letters = CodeLetters(AuthConfiguration())
    private let told = AccountLetters(AuthConfiguration())
    private let address = EmailAddress(trusted: "asha@example.com")

    @Test("The code has a line of its own and is not in the subject", arguments: CodePurpose.allCases)
    func codes(purpose: CodePurpose) {
        let code = OneTimeCode.example("01234567")
        let letter = letters.letter(with: code, for: purpose, to: address)
        #expect(!letter.subject.contains(code.raw))
        let lines = letter.body.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(lines.filter { $0 == code.raw }.count == 1)
        #expect(letter.body.contains("5 minutes"))
        // No other number could be taken for the code.
        #expect(letter.body.matches(of: /[0-9]{4,}/).count == 1)
        check(letter)
    }

    @Test("How long a code is good is said as it is", arguments: [(60, "1 minute"), (300, "5 minutes"), (90, "90 seconds")])
    func lifetime(seconds: Int, words: String) {
        var configuration = AuthConfiguration()
        configuration.codes.lifetime = seconds
        let code = OneTimeCode.example("01234567")
        let letter = CodeLetters(configuration).letter(with: code, for: .signIn, to: address)
        #expect(letter.body.contains("It is good for \(words) and for one use."))
    }

    @Test("The letters in place of a code have none")
    func decoys() {
        for letter in [told.accountExists(to: address), told.noAccount(to: address), told.passwordChanged(to: address)] {
            #expect(letter.body.firstMatch(of: /[0-9]/) == nil)
            check(letter)
        }
    }

    @Test("Every purpose has a letter of its own")
    func different() {
        let code = OneTimeCode.example("01234567")
        #expect(Set(CodePurpose.allCases.map { letters.letter(with: code, for: $0, to: address).body }).count == 10)
    }

    /// Every line is short and plain.
    private func check(_ letter: OutgoingMail) {
        #expect(letter.to == address)
        #expect(letter.body.utf8.allSatisfy { $0 == 10 || (32...126).contains($0) })
        #expect(letter.body.split(separator: "\n").allSatisfy { $0.count <= 76 })
        #expect(letter.subject.count <= 60)
    }

    @Test("Codes are eight digits, and all of them are drawn")
    func drawn() {
        let random = SeededRandom(seed: 7)
        let codes = (0..<20_000).map { _ in OneTimeCode.make(random: random).raw }
        #expect(codes.allSatisfy { $0.utf8.count == 8 && $0.allSatisfy(\.isNumber) })
        #expect(Set(codes).count > 19_990)
        for digit in "0123456789" {
            // 2,000 expected, with a deviation of 42.
            #expect((1750...2250).contains(codes.filter { $0.first == digit }.count))
        }
    }
}

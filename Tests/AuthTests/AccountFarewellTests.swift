import CommandBus
import Foundation
import Support
import Testing
import Wallet

@testable import Auth

@Suite("What is said of the money of an account that is deleted")
struct AccountFarewellTests {
    private let email = "asha@example.com"
    private let house: AuthHouse
    private let account: Account
    private let token: String

    init() async throws {
        house = try await AuthHouse("farewell")
        account = try await house.add(email)
        token = try await house.session(of: account)
    }

    private func delete(
        _ input: [String: String], as token: String, key: String = UUID().uuidString
    ) async throws -> CommandReply {
        try await house.stepUpAgain(token, for: .accountDeletion)
        return try await house.sendKeyed("account.delete", input, as: token, key: key)
    }

    @Test("Whoever goes is told how much it was, and that the operator has it")
    func toOperator() async throws {
        #expect(try await delete(["moneyTo": "operator"], as: token).status == 204)
        let letter = try #require(try await house.letters(to: email).last)
        #expect(letter.contains("What was in your wallet, 400.00 INR, went to the operator."))
        check(letter)
    }

    @Test("And that another rider has it, who gets a letter, too; neither names the other")
    func toRider() async throws {
        let heir = try await house.add("ravi@example.com")
        #expect(try await delete(["moneyTo": heir.id.raw], as: token).status == 204)
        let letter = try #require(try await house.letters(to: email).last)
        #expect(letter.contains("What was in your wallet, 400.00 INR, went to another rider."))
        let letters = try await house.letters(to: "ravi@example.com")
        #expect(letters.count == 1)
        #expect(letters.first?.contains("400.00 INR") == true)
        for letter in letters + [letter] {
            #expect(!letter.contains("asha") && !letter.contains("ravi") && !letter.contains(heir.id.raw))
            check(letter)
        }
    }

    @Test("Where there was none, nothing is said of it")
    func none() async throws {
        let ledger = house.fixture.ledger
        let owner = account.id
        try await house.fixture.work { work in try ledger.emptyWallet(of: owner, to: .forfeits, in: work) }
        #expect(try await delete([:], as: token).status == 204)
        let letter = try #require(try await house.letters(to: email).last)
        #expect(!letter.contains("wallet"))
        check(letter)
    }

    @Test("A deletion moves money, and takes a key; repeated, it finds the session over")
    func key() async throws {
        let input = ["moneyTo": "operator"]
        try await house.stepUpAgain(token, for: .accountDeletion)
        let refused = try await house.send("account.delete", input, as: token)
        #expect(refused.status == 400)
        #expect(refused.code == "idempotency_key_required")
        #expect(try await delete(input, as: token, key: "k").status == 204)
        #expect(try await house.sendKeyed("account.delete", input, as: token, key: "k").code == "session_revoked")
        #expect(try await house.letters(to: email).count == 1)
    }

    @Test(
        "Money is written as people read it, whatever the currency",
        arguments: [
            (40_000, "INR", "400.00 INR"), (5, "INR", "0.05 INR"), (400, "JPY", "400 JPY"),
            (1_234_050, "KWD", "1234.050 KWD"),
        ] as [(Int64, String, String)]
    )
    func money(amount: Int64, currency: String, words: String) {
        #expect(Money(amount: amount, currency: CurrencyCode(trusted: currency)).inWords == words)
    }

    /// Every line is short and plain, and no paragraph is missing or doubled.
    private func check(_ letter: String) {
        #expect(letter.utf8.allSatisfy { $0 == 10 || (32...126).contains($0) })
        #expect(letter.split(separator: "\n").allSatisfy { $0.count <= 76 })
        #expect(!letter.contains("\n\n\n"))
    }
}

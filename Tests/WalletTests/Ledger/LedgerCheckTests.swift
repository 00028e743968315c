import CommandBus
import Foundation
import Support
import Testing
import Wallet

/// Each way to spoil a ledger behind its back is a control: were the check blind to it, it would prove nothing.
@Suite("The check of the ledger sees")
struct LedgerCheckTests {
    private let fixture: StoreFixture
    private var raw: RawDatabase { fixture.raw }

    init() async throws {
        fixture = try await StoreFixture("check", welcomeCredit: 5000)
        let (one, two) = (try await fixture.addRider("one"), try await fixture.addRider("two"))
        let ledger = fixture.ledger
        try await fixture.work { work in
            for (number, rider) in [one, two, one].enumerated() {
                _ = try ledger.move(
                    Money(amount: 100, currency: ledger.currency), from: .wallet(rider), to: .fares, kind: .fare,
                    reference: "b_\(number)", in: work
                )
            }
        }
        #expect(try await findings() == [])
        try raw.disarmJournal()
    }

    private func findings() async throws -> [String] {
        try await fixture.read { try LedgerCheck.run($0).findings }
    }

    private func id(_ sequence: Int) throws -> String {
        try #require(try raw.text("SELECT id FROM journal WHERE sequence = \(sequence)"))
    }

    @Test("a whole ledger as whole, and counts it")
    func whole() async throws {
        let result = try await fixture.read { try LedgerCheck.run($0) }
        #expect(result.findings == [])
        #expect(result.entries == 5)
    }

    @Test(
        "a changed field of an entry",
        arguments: [
            "reference = 'b_9'", "actor = 'a_one'", "kind = 'refund'", "at = at + 1", "currency = 'EUR'", "id = 'j_forged'",
        ])
    func changedField(change: String) async throws {
        try raw.execute("UPDATE journal SET \(change) WHERE sequence = 3")
        #expect(try await findings() == ["journal entry \(try id(3)): its content does not match its hash"])
    }

    @Test("a changed hash")
    func changedHash() async throws {
        try raw.execute("UPDATE journal SET hash = randomblob(32) WHERE sequence = 3")
        #expect(
            try await findings() == [
                "journal entry \(try id(3)): its content does not match its hash",
                "journal entry \(try id(4)): it does not follow the entry before it",
            ]
        )
    }

    @Test("a chain that was cut and tied again")
    func changedPrevious() async throws {
        try raw.execute("UPDATE journal SET previous = (SELECT hash FROM journal WHERE sequence = 1) WHERE sequence = 3")
        #expect(
            try await findings() == [
                "journal entry \(try id(3)): it does not follow the entry before it",
                "journal entry \(try id(3)): its content does not match its hash",
            ]
        )
    }

    @Test("an amount that was changed on one side")
    func oneSidedAmount() async throws {
        try raw.execute("UPDATE postings SET amount = -99 WHERE entry = 3 AND amount = -100")
        let findings = try await findings()
        #expect(findings.contains("journal entry \(try id(3)): its postings do not sum to zero"))
        #expect(findings.contains("journal entry \(try id(3)): its content does not match its hash"))
        #expect(findings.contains("wallet:a_one: its balance is 4800, its entries sum to 4801"))
    }

    @Test("an amount that was changed on both sides, with the balances")
    func twoSidedAmount() async throws {
        try raw.execute(
            "UPDATE postings SET amount = -90, balance_after = balance_after + 10 WHERE entry = 5 AND amount = -100",
            "UPDATE postings SET amount = 90, balance_after = balance_after - 10 WHERE entry = 5 AND amount = 100",
            "UPDATE ledger_accounts SET balance = balance + 10 WHERE name = 'wallet:a_one'",
            "UPDATE ledger_accounts SET balance = balance - 10 WHERE name = 'operator:fares'"
        )
        #expect(try await findings() == ["journal entry \(try id(5)): its content does not match its hash"])
    }

    @Test("money that was sent to another account")
    func otherAccount() async throws {
        try raw.execute("UPDATE postings SET account = 'operator:grants' WHERE entry = 5 AND account = 'operator:fares'")
        let findings = try await findings()
        #expect(findings.contains("journal entry \(try id(5)): its content does not match its hash"))
        #expect(findings.contains("operator:fares: its balance is 300, its entries sum to 200"))
    }

    @Test("an entry that was removed")
    func removedEntry() async throws {
        try raw.execute("DELETE FROM postings WHERE entry = 3", "DELETE FROM journal WHERE sequence = 3")
        let findings = try await findings()
        #expect(findings.contains("journal entry \(try id(4)): it does not follow the entry before it"))
        #expect(findings.contains("wallet:a_one: its balance is 4800, its entries sum to 4900"))
    }

    @Test("the last entry, removed")
    func removedLast() async throws {
        try raw.execute("DELETE FROM postings WHERE entry = 5", "DELETE FROM journal WHERE sequence = 5")
        #expect(
            Set(try await findings()) == [
                "wallet:a_one: its balance is 4800, its entries sum to 4900",
                "operator:fares: its balance is 300, its entries sum to 200",
            ]
        )
    }

    @Test("postings that were removed")
    func removedPostings() async throws {
        try raw.execute("DELETE FROM postings WHERE entry = 5")
        let findings = try await findings()
        #expect(findings.contains("journal entry \(try id(5)): its content does not match its hash"))
        #expect(findings.contains("wallet:a_one: its balance is 4800, its entries sum to 4900"))
    }

    @Test("an entry that was slipped in")
    func forgedEntry() async throws {
        try raw.execute(
            """
            INSERT INTO journal SELECT 6, 'j_forged', 'refund', at, 'b_0', actor, currency, hash, randomblob(32)
            FROM journal WHERE sequence = 5
            """,
            "INSERT INTO postings VALUES (6, 0, 'operator:fares', -100, 200), (6, 1, 'wallet:a_one', 100, 4900)",
            "UPDATE ledger_accounts SET balance = balance + 100 WHERE name = 'wallet:a_one'",
            "UPDATE ledger_accounts SET balance = balance - 100 WHERE name = 'operator:fares'"
        )
        #expect(try await findings() == ["journal entry j_forged: its content does not match its hash"])
    }

    @Test("two entries that changed places")
    func swapped() async throws {
        try raw.execute(
            "UPDATE journal SET sequence = 99 WHERE sequence = 3", "UPDATE journal SET sequence = 3 WHERE sequence = 4",
            "UPDATE journal SET sequence = 4 WHERE sequence = 99", "UPDATE postings SET entry = 99 WHERE entry = 3",
            "UPDATE postings SET entry = 3 WHERE entry = 4", "UPDATE postings SET entry = 4 WHERE entry = 99"
        )
        let findings = try await findings()
        #expect(findings.filter { $0.hasSuffix("it does not follow the entry before it") }.count == 3)
    }

    @Test("a balance that no entry explains")
    func changedBalance() async throws {
        try raw.execute("UPDATE ledger_accounts SET balance = balance + 1 WHERE name = 'wallet:a_two'")
        #expect(
            try await findings() == [
                "wallet:a_two: its balance is 4901, its entries sum to 4900", "all balances sum to 1, not to zero",
            ]
        )
    }

    @Test("a balance after an entry that is wrong")
    func changedBalanceAfter() async throws {
        try raw.execute("UPDATE postings SET balance_after = balance_after + 1 WHERE entry = 4 AND account = 'wallet:a_two'")
        #expect(
            Set(try await findings()) == [
                "journal entry \(try id(4)): its content does not match its hash",
                "journal entry \(try id(4)): the balance of wallet:a_two is wrong after it",
            ]
        )
    }

    @Test("a wallet below zero")
    func belowZero() async throws {
        try raw.execute("UPDATE ledger_accounts SET balance = -5 WHERE name = 'wallet:a_two'")
        #expect(try await findings().contains("wallet:a_two: its balance is below zero"))
    }

    @Test("an account that was added, or lost")
    func accounts() async throws {
        try raw.execute("INSERT INTO ledger_accounts VALUES ('wallet:a_ghost', 'INR', 7)")
        #expect(
            try await findings() == [
                "wallet:a_ghost: its balance is 7, its entries sum to 0", "all balances sum to 7, not to zero",
            ]
        )
        try raw.execute("DELETE FROM ledger_accounts WHERE name LIKE 'wallet:%'")
        #expect(try await findings().contains("all balances sum to -9700, not to zero"))
    }

    @Test("a ledger of many pages to its end")
    func manyPages() async throws {
        let (ledger, one) = (fixture.ledger, AccountID(trusted: "a_one"))
        try await fixture.work { work in
            for number in 0..<1100 {
                let there = number % 2 == 0
                _ = try ledger.move(
                    Money(amount: 1, currency: ledger.currency), from: there ? .wallet(one) : .fares,
                    to: there ? .fares : .wallet(one), kind: there ? .fare : .refund,
                    reference: "b_\(number)", in: work
                )
            }
        }
        let result = try await fixture.read { try LedgerCheck.run($0) }
        #expect(result.entries == 1105)
        #expect(result.findings == [])
        try raw.execute("UPDATE journal SET reference = 'b_forged' WHERE sequence = 1105")
        #expect(try await findings() == ["journal entry \(try id(1105)): its content does not match its hash"])
    }

    /// In a process of its own: arithmetic that traps would take the whole server, or `farebus verify`, with it.
    @Test("amounts that no sum can hold, and does not fall over them")
    func overflow() async {
        await #expect(processExitsWith: .success) {
            let huge = Posting(account: .fares, amount: .max, balanceAfter: .max)
            let result = try LedgerCheck.run(
                SpoiledLedger(postings: [huge, huge], accounts: [(.fares, .max), (.grants, .max)]))
            try #require(!result.findings.isEmpty)
        }
    }

    @Test("words that it does not know")
    func unknownWords() async throws {
        try raw.execute("UPDATE journal SET kind = 'gift' WHERE sequence = 3")
        await #expect(throws: (any Error).self) { _ = try await findings() }
    }
}

/// A ledger that no store of ours would keep.
private struct SpoiledLedger: LedgerReads {
    let postings: [Posting]
    let accounts: [(account: LedgerAccount, balance: Int64)]

    func balance(of account: LedgerAccount) throws -> Int64? { nil }
    func currency(of account: LedgerAccount) throws -> CurrencyCode? { nil }
    func movements(of account: LedgerAccount, before: Int64?, limit: Int) throws -> [Movement] { [] }
    func balances() throws -> [(account: LedgerAccount, balance: Int64)] { accounts }

    func journal(after sequence: Int64, limit: Int) throws -> [StoredEntry] {
        guard sequence == 0 else { return [] }
        let entry = JournalEntry(
            id: JournalEntryID(trusted: "j_1"), kind: .fare, at: Timestamp(milliseconds: 0), reference: "b_1",
            actor: "system", currency: CurrencyCode(trusted: "INR"), postings: postings
        )
        return [
            StoredEntry(
                sequence: 1, entry: entry, previous: JournalEntry.genesis, hash: entry.hash(after: JournalEntry.genesis)
            )
        ]
    }
}

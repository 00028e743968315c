import CommandBus
import Foundation
import Storage
import Support
import Testing
import Wallet

/// Each way to spoil a ledger behind its back is a control: were the check blind to it, it would prove nothing.
@Suite("The check of the ledger sees")
struct LedgerCheckTests {
    private let fixture: StoreFixture
    private var kept: KeptData { fixture.kept }

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
    }

    private static let otherHash = StoreValue.blob(Data(repeating: 7, count: 32))

    private func findings() async throws -> [String] {
        try await fixture.read { try LedgerCheck.run($0).findings }
    }

    private func id(_ sequence: Int64) async throws -> String {
        try #require(try await kept.row(of: "journal") { $0.integer("sequence") == sequence }.text("id"))
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
            ("reference", "b_9"), ("actor", "a_one"), ("kind", "refund"), ("at", 1), ("currency", "EUR"), ("id", "j_forged"),
        ] as [(String, StoreValue)])
    func changedField(column: String, value: StoreValue) async throws {
        try await kept.change("journal", where: { $0["sequence"] == 3 }, by: { $0[column] = value })
        #expect(try await findings() == ["journal entry \(try await id(3)): its content does not match its hash"])
    }

    @Test("a changed hash")
    func changedHash() async throws {
        try await kept.change("journal", where: { $0["sequence"] == 3 }, by: { $0["hash"] = Self.otherHash })
        #expect(
            try await findings() == [
                "journal entry \(try await id(3)): its content does not match its hash",
                "journal entry \(try await id(4)): it does not follow the entry before it",
            ]
        )
    }

    @Test("a chain that was cut and tied again")
    func changedPrevious() async throws {
        let first = try await kept.row(of: "journal") { $0["sequence"] == 1 }["hash"]
        try await kept.change("journal", where: { $0["sequence"] == 3 }, by: { $0["previous"] = first })
        #expect(
            try await findings() == [
                "journal entry \(try await id(3)): it does not follow the entry before it",
                "journal entry \(try await id(3)): its content does not match its hash",
            ]
        )
    }

    @Test("an amount that was changed on one side")
    func oneSidedAmount() async throws {
        try await kept.change("postings", where: { $0["entry"] == 3 && $0["amount"] == -100 }, by: { $0["amount"] = -99 })
        let findings = try await findings()
        #expect(findings.contains("journal entry \(try await id(3)): its postings do not sum to zero"))
        #expect(findings.contains("journal entry \(try await id(3)): its content does not match its hash"))
        #expect(findings.contains("wallet:a_one: its balance is 4800, its entries sum to 4801"))
    }

    @Test("an amount that was changed on both sides, with the balances")
    func twoSidedAmount() async throws {
        for (account, change) in [("wallet:a_one", 10), ("operator:fares", -10)] as [(String, Int64)] {
            try await kept.change(
                "postings", where: { $0["entry"] == 5 && $0.text("account") == account },
                by: { row in
                    row.add(change, to: "amount")
                    row.add(change, to: "balance_after")
                })
            try await kept.change(
                "ledger_accounts", where: { $0.text("name") == account }, by: { $0.add(change, to: "balance") })
        }
        #expect(try await findings() == ["journal entry \(try await id(5)): its content does not match its hash"])
    }

    @Test("money that was sent to another account")
    func otherAccount() async throws {
        try await kept.change(
            "postings", where: { $0["entry"] == 5 && $0["account"] == "operator:fares" },
            by: {
                $0["account"] = "operator:grants"
            })
        let findings = try await findings()
        #expect(findings.contains("journal entry \(try await id(5)): its content does not match its hash"))
        #expect(findings.contains("operator:fares: its balance is 300, its entries sum to 200"))
    }

    @Test("an entry that was removed")
    func removedEntry() async throws {
        try await kept.remove(from: "postings") { $0["entry"] == 3 }
        try await kept.remove(from: "journal") { $0["sequence"] == 3 }
        let findings = try await findings()
        #expect(findings.contains("journal entry \(try await id(4)): it does not follow the entry before it"))
        #expect(findings.contains("wallet:a_one: posting 2 of it is missing"))
        #expect(findings.contains("wallet:a_one: its balance is 4800, its entries sum to 4900"))
    }

    @Test("the last entry, removed")
    func removedLast() async throws {
        try await kept.remove(from: "postings") { $0["entry"] == 5 }
        try await kept.remove(from: "journal") { $0["sequence"] == 5 }
        #expect(
            Set(try await findings()) == [
                "chain 0: it does not end where its head says",
                "wallet:a_one: its balance is 4800, its entries sum to 4900",
                "wallet:a_one: it has 3 postings, 2 are there",
                "operator:fares: its balance is 300, its entries sum to 200",
                "operator:fares: it has 3 postings, 2 are there",
            ]
        )
    }

    @Test("postings that were removed")
    func removedPostings() async throws {
        try await kept.remove(from: "postings") { $0["entry"] == 5 }
        let findings = try await findings()
        #expect(findings.contains("journal entry \(try await id(5)): its content does not match its hash"))
        #expect(findings.contains("wallet:a_one: its balance is 4800, its entries sum to 4900"))
    }

    @Test("an entry that was slipped in")
    func forgedEntry() async throws {
        let last = try await kept.row(of: "journal") { $0["sequence"] == 5 }
        try await kept.add(
            to: "journal",
            [
                "chain": 0, "sequence": 6, "id": "j_forged", "kind": "refund", "at": last["at"], "reference": "b_0",
                "actor": last["actor"], "currency": last["currency"], "previous": last["hash"], "hash": Self.otherHash,
            ]
        )
        let sides = [("operator:fares", -100, 200), ("wallet:a_one", 100, 4900)] as [(String, Int64, Int64)]
        for (line, (account, amount, after)) in sides.enumerated() {
            try await kept.add(
                to: "postings",
                [
                    "chain": 0, "entry": 6, "line": .integer(Int64(line)), "account": .text(account),
                    "amount": .integer(amount), "number": 4, "balance_after": .integer(after),
                ]
            )
            try await kept.change(
                "ledger_accounts", where: { $0.text("name") == account },
                by: { row in
                    row.add(amount, to: "balance")
                    row["postings"] = 4
                })
        }
        try await kept.change("chains") { row in
            row["sequence"] = 6
            row["hash"] = Self.otherHash
        }
        #expect(try await findings() == ["journal entry j_forged: its content does not match its hash"])
    }

    @Test("two entries that changed places")
    func swapped() async throws {
        for (table, column) in [("journal", "sequence"), ("postings", "entry")] {
            try await kept.change(
                table, where: { $0[column] == 3 || $0[column] == 4 },
                by: { row in
                    row[column] = row[column] == 3 ? 4 : 3
                })
        }
        let findings = try await findings()
        #expect(findings.filter { $0.hasSuffix("it does not follow the entry before it") }.count == 3)
    }

    @Test("a balance that no entry explains")
    func changedBalance() async throws {
        try await kept.change("ledger_accounts", where: { $0["name"] == "wallet:a_two" }, by: { $0.add(1, to: "balance") })
        #expect(
            try await findings() == [
                "wallet:a_two: its balance is 4901, its entries sum to 4900", "all balances sum to 1, not to zero",
            ]
        )
    }

    @Test("a balance after an entry that is wrong")
    func changedBalanceAfter() async throws {
        try await kept.change(
            "postings", where: { $0["entry"] == 4 && $0["account"] == "wallet:a_two" },
            by: {
                $0.add(1, to: "balance_after")
            })
        #expect(
            Set(try await findings()) == [
                "journal entry \(try await id(4)): its content does not match its hash",
                "journal entry \(try await id(4)): the balance of wallet:a_two is wrong after it",
            ]
        )
    }

    @Test("a wallet below zero")
    func belowZero() async throws {
        try await kept.change("ledger_accounts", where: { $0["name"] == "wallet:a_two" }, by: { $0["balance"] = -5 })
        #expect(try await findings().contains("wallet:a_two: its balance is below zero"))
    }

    @Test("an account that was added, or lost")
    func accounts() async throws {
        try await kept.add(
            to: "ledger_accounts", ["name": "wallet:a_ghost", "currency": "INR", "balance": 7, "postings": 0]
        )
        #expect(
            try await findings() == [
                "wallet:a_ghost: its balance is 7, its entries sum to 0", "all balances sum to 7, not to zero",
            ]
        )
        try await kept.remove(from: "ledger_accounts") { $0.text("name")?.hasPrefix("wallet:") == true }
        #expect(try await findings().contains("all balances sum to -9700, not to zero"))
    }

    @Test("a ledger of many pages to its end")
    func manyPages() async throws {
        let (ledger, one) = (fixture.ledger, AccountID(trusted: "a_one"))
        for start in stride(from: 0, to: 1100, by: 100) {
            try await fixture.work { work in
                for number in start..<(start + 100) {
                    let there = number % 2 == 0
                    _ = try ledger.move(
                        Money(amount: 1, currency: ledger.currency), from: there ? .wallet(one) : .fares,
                        to: there ? .fares : .wallet(one), kind: there ? .fare : .refund,
                        reference: "b_\(number)", in: work
                    )
                }
            }
        }
        let result = try await fixture.read { try LedgerCheck.run($0) }
        #expect(result.entries == 1105)
        #expect(result.findings == [])
        try await kept.change("journal", where: { $0["sequence"] == 1105 }, by: { $0["reference"] = "b_forged" })
        #expect(try await findings() == ["journal entry \(try await id(1105)): its content does not match its hash"])
    }

    /// In a process of its own: arithmetic that traps would take the whole server, or `farebus verify`, with it.
    @Test("amounts that no sum can hold, and does not fall over them")
    func overflow() async {
        await #expect(processExitsWith: .success) {
            let huge = Posting(account: .fares, amount: .max, number: 1, balanceAfter: .max)
            let result = try LedgerCheck.run(
                SpoiledLedger(postings: [huge, huge], accounts: [(.fares, .max), (.grants, .max)]))
            try #require(!result.findings.isEmpty)
        }
    }

    @Test("words that it does not know")
    func unknownWords() async throws {
        try await kept.change("journal", where: { $0["sequence"] == 3 }, by: { $0["kind"] = "gift" })
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
    func balances() throws -> [(account: LedgerAccount, state: AccountBalance)] {
        accounts.map { ($0.account, AccountBalance(balance: $0.balance, postings: 2)) }
    }
    func chains() throws -> [Int: ChainHead] { [0: .empty] }

    func journal(of chain: Int, after sequence: Int64, limit: Int) throws -> [StoredEntry] {
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

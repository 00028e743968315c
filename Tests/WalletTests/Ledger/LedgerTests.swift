import CommandBus
import Foundation
import Storage
import Support
import Testing
import Wallet

@Suite("The ledger")
struct LedgerTests {
    private let fixture: StoreFixture
    private let rider: AccountID

    init() async throws {
        fixture = try await StoreFixture("ledger")
        rider = try await fixture.addRider("one", credit: 5000)
    }

    private func move(_ amount: Int64, from: LedgerAccount, to: LedgerAccount, reference: String = "b_1") async throws {
        let ledger = fixture.ledger
        _ = try await fixture.work { work in
            try ledger.move(
                Money(amount: amount, currency: ledger.currency), from: from, to: to, kind: .fare, reference: reference,
                in: work
            ).id
        }
    }

    private func balances() async throws -> [String: Int64] {
        try await fixture.read { snapshot in
            Dictionary(uniqueKeysWithValues: try snapshot.balances().map { ($0.account.name, $0.state.balance) })
        }
    }

    private func entries() async throws -> [StoredEntry] {
        try await fixture.read { try $0.journal(of: 0, after: 0, limit: 100) }
    }

    @Test("A new wallet begins with the welcome credit, which the operator gives")
    func welcome() async throws {
        #expect(
            try await balances() == [
                "wallet:a_one": 5000, "operator:grants": -5000, "operator:fares": 0, "operator:forfeits": 0,
            ])
        let entry = try #require(try await entries().first)
        #expect(entry.entry.kind == .welcome)
        #expect(entry.entry.reference == "a_one")
        #expect(entry.entry.actor == "system")
        #expect(entry.previous == Data(count: 32))
        #expect(
            entry.entry.postings == [
                Posting(account: .grants, amount: -5000, number: 1, balanceAfter: -5000),
                Posting(account: .wallet(rider), amount: 5000, number: 1, balanceAfter: 5000),
            ]
        )
    }

    @Test("Without a welcome credit a wallet begins empty")
    func noWelcome() async throws {
        let other = try await fixture.addRider("two", credit: 0)
        #expect(try await fixture.balance(other) == 0)
        #expect(try await entries().count == 1)
        #expect(try await fixture.findings() == [])
    }

    @Test("Money that moves is taken here and given there")
    func move() async throws {
        try await move(2000, from: .wallet(rider), to: .fares)
        #expect(
            try await balances() == [
                "wallet:a_one": 3000, "operator:grants": -5000, "operator:fares": 2000, "operator:forfeits": 0,
            ])
        try await move(3000, from: .wallet(rider), to: .fares)
        #expect(try await fixture.balance(rider) == 0)
        try await move(500, from: .fares, to: .wallet(rider))
        let journal = try await entries()
        #expect(journal.map(\.sequence) == [1, 2, 3, 4])
        #expect(journal.last?.entry.postings.map(\.balanceAfter) == [4500, 500])
        #expect(journal.last?.entry.postings.map(\.number) == [3, 4])
        for (before, after) in zip(journal, journal.dropFirst()) { #expect(after.previous == before.hash) }
        #expect(try await fixture.read { try LedgerCheck.run($0).findings } == [])
    }

    @Test("More than there is can't be taken, and nothing is changed")
    func insufficientFunds() async throws {
        let (before, ledger, rider) = (try await balances(), fixture.ledger, rider)
        let problem = await #expect(throws: Problem.self) { try await move(5001, from: .wallet(rider), to: .fares) }
        #expect(problem?.code.name == "insufficient_funds")
        #expect(problem?.code.status == 409)
        #expect(problem?.detail == "The wallet holds 5000 and 5001 is needed (minor units of INR).")
        // Not even where the refusal is caught and the work goes on to its commit.
        try await fixture.work { work in
            _ = #expect(throws: Problem.self) {
                try ledger.move(
                    Money(amount: 5001, currency: ledger.currency), from: .wallet(rider), to: .fares, kind: .fare,
                    reference: "b_1", in: work)
            }
        }
        #expect(try await balances() == before)
        #expect(try await entries().count == 1)
    }

    @Test("A wallet that there is none of has nothing")
    func noWallet() async throws {
        let nobody = LedgerAccount.wallet(AccountID(trusted: "a_nobody"))
        let problem = await #expect(throws: Problem.self) { try await move(1, from: nobody, to: .fares) }
        #expect(problem?.detail == "The wallet holds 0 and 1 is needed (minor units of INR).")
        await #expect(throws: LedgerFault.self) { try await move(100, from: .wallet(rider), to: nobody) }
        #expect(try await fixture.balance(rider) == 5000, "what was taken before the fault is undone")
        #expect(try await fixture.findings() == [])
    }

    @Test("Many who take at once take no more than there is")
    func race() async throws {
        let (ledger, rider, fixture) = (fixture.ledger, rider, fixture)
        let taken = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<100 {
                group.addTask {
                    let entry = try? await fixture.work { work in
                        try ledger.move(
                            Money(amount: 300, currency: ledger.currency), from: .wallet(rider), to: .fares, kind: .fare,
                            reference: "b_\(number)", in: work
                        ).id
                    }
                    return entry != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 16)
        #expect(try await fixture.balance(rider) == 200)
        let result = try await fixture.read { try LedgerCheck.run($0) }
        #expect(result.findings == [])
        #expect(result.entries == 17)
    }

    @Test("The journal is read a page at a time")
    func pages() async throws {
        for number in 0..<5 { try await move(100, from: .wallet(rider), to: .fares, reference: "b_\(number)") }
        let pages = try await fixture.read { snapshot in
            (
                try snapshot.journal(of: 0, after: 0, limit: 4).map(\.sequence),
                try snapshot.journal(of: 0, after: 4, limit: 4).map(\.sequence),
                try snapshot.journal(of: 0, after: 6, limit: 4).map(\.sequence)
            )
        }
        #expect(pages.0 == [1, 2, 3, 4])
        #expect(pages.1 == [5, 6])
        #expect(pages.2 == [])
    }

    @Test(
        "An account is found again by its name",
        arguments: [LedgerAccount.fares, .grants, .operator(.fares, chain: 15), .wallet(AccountID(trusted: "a_1:x"))])
    func names(account: LedgerAccount) {
        #expect(LedgerAccount(name: account.name) == account)
    }

    @Test(
        "A name of something else is no account's",
        arguments: [
            "", "wallet", "operator", "operator:else", "Wallet:a_1", "operator:fares:0", "operator:fares:01",
            "operator:fares:x",
            "operator:fares:1:2",
        ])
    func otherNames(name: String) {
        #expect(LedgerAccount(name: name) == nil)
    }
}

import CommandBus
import Foundation
import Storage
import Support
import Testing
import Wallet

@Suite("The chains of the journal")
struct JournalChainTests {
    private static func riders(_ fixture: StoreFixture, _ count: Int) async throws -> [AccountID] {
        var riders: [AccountID] = []
        for number in 0..<count { riders.append(try await fixture.addRider("rider\(number)", credit: 1000)) }
        return riders
    }

    @Test("Riders are spread over the chains, each with accounts of the operator's of its own")
    func spread() async throws {
        let fixture = try await StoreFixture("chains", chains: 4)
        _ = try await Self.riders(fixture, 40)
        let (chains, balances) = try await fixture.read { (try $0.chains(), try $0.balances()) }
        #expect(Set(chains.keys) == [0, 1, 2, 3])
        #expect(chains.values.reduce(0) { $0 + $1.sequence } == 40)
        for (chain, head) in chains {
            let grants = balances.first { $0.account == .operator(.grants, chain: chain) }
            #expect(grants?.state == AccountBalance(balance: -1000 * head.sequence, postings: head.sequence))
        }
        #expect(try await fixture.read { try LedgerCheck.run($0).findings } == [])
    }

    @Test("All entries of a rider are in one chain, and the chains' accounts add up")
    func oneChain() async throws {
        let fixture = try await StoreFixture("chains", chains: 4)
        let ledger = fixture.ledger
        let riders = try await Self.riders(fixture, 8)
        try await fixture.work { work in
            for rider in riders {
                for number in 0..<3 {
                    _ = try ledger.move(
                        Money(amount: 100, currency: ledger.currency), from: .wallet(rider), to: .fares, kind: .fare,
                        reference: "b_\(number)", in: work
                    )
                }
            }
        }
        let (homes, fares) = try await fixture.read { snapshot in
            var homes: [LedgerAccount: Set<Int>] = [:]
            for chain in try snapshot.chains().keys {
                for stored in try snapshot.journal(of: chain, after: 0, limit: 100) {
                    for posting in stored.entry.postings { homes[posting.account, default: []].insert(chain) }
                }
            }
            return (homes, try ledger.balance(of: .fares, in: snapshot))
        }
        #expect(riders.allSatisfy { homes[.wallet($0)]?.count == 1 })
        #expect(homes.values.allSatisfy { $0.count == 1 })
        #expect(fares == 8 * 3 * 100)
        #expect(try await fixture.read { try LedgerCheck.run($0).findings } == [])
    }

    /// As after a change of their number: what was written stays where it is, and the check follows it across.
    @Test("An account may go on in another chain, and the check still sees a gap", arguments: [1, 7])
    func otherCount(chains: Int) async throws {
        let fixture = try await StoreFixture("chains", chains: 4)
        let other = Ledger(currency: StoreFixture.currency, welcomeCredit: 0, chains: chains)
        let (ledger, riders) = (fixture.ledger, try await Self.riders(fixture, 6))
        for round in 0..<4 {
            let ledger = round.isMultiple(of: 2) ? other : ledger
            try await fixture.work { work in
                try ledger.openOperatorAccounts(in: work.tx)
                for rider in riders {
                    _ = try ledger.move(
                        Money(amount: 10, currency: ledger.currency), from: .wallet(rider), to: .fares, kind: .fare,
                        reference: "b_\(round)", in: work
                    )
                }
            }
        }
        #expect(try await fixture.read { try LedgerCheck.run($0).findings } == [])
        #expect(try await fixture.balance(riders[0]) == 960)
    }
}

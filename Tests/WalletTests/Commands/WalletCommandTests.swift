import CommandBus
import Foundation
import Support
import Testing
import Wallet

@Suite("Commands of the wallet")
struct WalletCommandTests {
    private let fixture: StoreFixture
    private let bus: CommandBus
    private let rider: AccountID
    private let token = "rider/a_one"

    init() async throws {
        fixture = try await StoreFixture("wallet")
        let ledger = fixture.ledger
        bus = fixture.bus { $0.registerWallet(ledger) }
        rider = try await fixture.addRider("one")
    }

    private func pay(_ count: Int) async throws {
        let (ledger, rider) = (fixture.ledger, rider)
        for number in 0..<count {
            fixture.clock.advance(seconds: 60)
            try await fixture.work { work in
                _ = try ledger.move(
                    Money(amount: 100 + Int64(number), currency: ledger.currency), from: .wallet(rider), to: .fares,
                    kind: .fare, reference: "b_\(number)", in: work
                )
            }
        }
    }

    @Test("The balance, as of now")
    func show() async throws {
        let reply = try await bus.send("wallet.show", as: token)
        #expect(reply.text == #"{"asOf":"2026-11-24T12:00:00+05:30","balance":{"amount":40000,"currency":"INR"}}"#)
        try await pay(1)
        let later = try await bus.send("wallet.show", as: token).output(WalletView.self)
        #expect(later.balance.amount == 39_900)
        #expect(later.asOf.description == "2026-11-24T12:01:00+05:30")
    }

    @Test("Nobody sees another's")
    func own() async throws {
        let two = try await fixture.addRider("two", credit: 7)
        try await pay(2)
        #expect(try await bus.send("wallet.show", as: "rider/\(two)").output(WalletView.self).balance.amount == 7)
        let page = try await bus.send("wallet.transactions", as: "rider/\(two)").output(Page<TransactionView>.self)
        #expect(page.items.map(\.amount.amount) == [7])
    }

    @Test("Whoever has no wallet is told so")
    func noWallet() async throws {
        #expect(try await bus.send("wallet.show", as: "rider/a_nobody").problem?.detail == "There is no such wallet.")
        #expect(try await bus.send("wallet.show", as: "conductor/a_one").code == "not_allowed")
        #expect(try await bus.send("wallet.show").code == "not_signed_in")
        #expect(try await bus.send("wallet.transactions", as: "developer/a_one").code == "not_allowed")
    }

    @Test("What went in and out, the newest first")
    func transactions() async throws {
        try await pay(2)
        let reply = try await bus.send("wallet.transactions", as: token)
        let page = try reply.output(Page<TransactionView>.self)
        #expect(page.items.map(\.kind) == [.fare, .fare, .welcome])
        #expect(page.items.map(\.amount.amount) == [-101, -100, 40_000])
        #expect(page.items.map(\.balanceAfter.amount) == [39_799, 39_900, 40_000])
        #expect(page.items.map(\.reference) == ["b_1", "b_0", "a_one"])
        #expect(page.items.map(\.at.milliseconds).first == fixture.clock.now().milliseconds)
        #expect(reply.text.hasSuffix(#""next":null}"#))
    }

    @Test("Pages that follow each other hold everything once", arguments: [1, 2, 3, 7, 8])
    func pages(limit: Int) async throws {
        try await pay(6)
        var found: [String] = []
        var cursor: PageCursor?
        repeat {
            let after = cursor.map { #","after":"\#($0.raw)""# } ?? ""
            let page = try await bus.send("wallet.transactions", #"{"limit":\#(limit)\#(after)}"#, as: token)
                .output(Page<TransactionView>.self)
            #expect(page.items.count <= limit)
            found += page.items.map(\.reference)
            cursor = page.next
        } while cursor != nil
        #expect(found == ["b_5", "b_4", "b_3", "b_2", "b_1", "b_0", "a_one"])
    }

    @Test("A cursor of another list is refused, and so is a page without end")
    func badPages() async throws {
        for cursor in [PageCursor("x").raw, PageCursor("1", "2").raw, "***"] {
            let reply = try await bus.send("wallet.transactions", #"{"after":"\#(cursor)"}"#, as: token)
            #expect(reply.violations == ["/after must be a cursor that a list returned"])
        }
        #expect(
            try await bus.send("wallet.transactions", #"{"limit":0}"#, as: token).violations == [
                "/limit must be from 1 to 200"
            ])
        #expect(try await bus.send("wallet.transactions", #"{"limit":201}"#, as: token).code == "invalid_input")
    }
}

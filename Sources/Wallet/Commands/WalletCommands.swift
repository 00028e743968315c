package import CommandBus

/// A rider's wallet on the wire.
package struct WalletView: Codable, Sendable {
    package let balance: Money
    package let asOf: Timestamp
}

/// Shows the rider's own wallet.
package enum ShowWallet: Command {
    package typealias Input = NoInput
    package typealias Output = WalletView

    package static let name = "wallet.show"
    package static let route = RESTRoute.get("/v1/wallet")
    package static let access = Access.roles([.rider])
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Shows the balance of one's own wallet."
    package static let example = NoInput()
}

/// A movement of a wallet on the wire.
package struct TransactionView: Codable, Sendable {
    package let id: JournalEntryID
    package let kind: EntryKind
    /// Negative where the wallet gave.
    package let amount: Money
    package let balanceAfter: Money
    package let at: Timestamp
    package let reference: String
}

/// Lists the movements of the rider's own wallet.
package enum ListTransactions: Command {
    package struct Input: Codable, Sendable {
        package let limit: PageLimit?
        package let after: PageCursor?
    }
    package typealias Output = Page<TransactionView>

    package static let name = "wallet.transactions"
    package static let route = RESTRoute.get("/v1/wallet/transactions")
    package static let access = Access.roles([.rider])
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Lists what went into and out of one's own wallet, the newest first."
    package static let example = Input(limit: nil, after: nil)
}

extension CommandRegistry where Store.Snapshot: LedgerReads {
    /// Registers the commands of the wallet.
    package mutating func registerWallet(_ ledger: Ledger) {
        read(ShowWallet.self) { _, context, snapshot in
            let owner = try context.signedIn().account
            guard let balance = try snapshot.balance(of: .wallet(owner)) else { throw Problem.notFound("wallet") }
            return WalletView(balance: Money(amount: balance, currency: ledger.currency), asOf: context.now)
        }
        read(ListTransactions.self) { input, context, snapshot in
            let owner = try context.signedIn().account
            let before = try input.after.map { cursor throws(Problem) in
                guard cursor.parts.count == 1, let number = Int64(cursor.parts[0]) else {
                    throw .invalid("/after", "must be a cursor that a list returned")
                }
                return number
            }
            let limit = input.limit?.raw ?? 50
            let movements = try snapshot.movements(of: .wallet(owner), before: before, limit: limit + 1)
            return Page(
                movements, limit: limit, cursor: { PageCursor(String($0.number)) },
                item: { TransactionView($0, ledger.currency) }
            )
        }
    }
}

extension TransactionView {
    package init(_ movement: Movement, _ currency: CurrencyCode) {
        id = movement.entry
        kind = movement.kind
        amount = Money(amount: movement.amount, currency: currency)
        balanceAfter = Money(amount: movement.balanceAfter, currency: currency)
        at = movement.at
        reference = movement.reference
    }
}

package import CommandBus

/// Moves money: the one place where balances change.
package struct Ledger: Sendable {
    package let currency: CurrencyCode
    /// What a new rider starts with, in minor units.
    package let welcomeCredit: Int64
    private let chainCount: Int

    /// - Parameters:
    ///   - currency: of all money here.
    ///   - welcomeCredit: what a new rider starts with, in minor units, not negative.
    ///   - chains: how many chains the journal is kept in, at least 1.
    package init(currency: CurrencyCode, welcomeCredit: Int64, chains: Int = JournalChain.standardCount) {
        precondition(welcomeCredit >= 0, "a welcome credit can't be negative")
        precondition(chains >= 1, "a journal has a chain")
        self.currency = currency
        self.welcomeCredit = welcomeCredit
        chainCount = chains
    }

    /// Takes `amount` from one account and gives it to another.
    ///
    /// - Parameters:
    ///   - money: more than zero, in the ledger's own currency.
    ///   - giver: loses it.
    ///   - taker: gains it.
    ///   - reference: what it is for.
    /// - Returns: the journal entry.
    /// - Throws: ``Problem/insufficientFunds(balance:needed:)`` if a wallet would fall below zero; nothing is changed.
    package func move<Tx: LedgerRecords>(
        _ money: Money, from giver: LedgerAccount, to taker: LedgerAccount, kind: EntryKind, reference: String,
        in work: Work<Tx>
    ) throws -> JournalEntry {
        let amount = money.amount
        precondition(amount > 0, "money moves in amounts of more than zero")
        guard money.currency == currency else { throw LedgerFault.otherCurrency(money.currency, of: giver.name) }
        let chain = JournalChain.of([giver, taker], count: chainCount)
        let (giver, taker) = (giver.on(chain: chain), taker.on(chain: chain))
        guard let given = try work.tx.add(-amount, to: giver) else {
            throw Problem.insufficientFunds(
                balance: Money(amount: try work.tx.balance(of: giver) ?? 0, currency: currency),
                needed: Money(amount: amount, currency: currency)
            )
        }
        guard let taken = try work.tx.add(amount, to: taker) else { throw LedgerFault.noSuchAccount(taker.name) }
        let entry = JournalEntry(
            id: work.context.makeID(), kind: kind, at: work.context.now, reference: reference,
            actor: work.context.principal?.account.raw ?? "system", currency: currency,
            postings: [
                Posting(account: giver, amount: -amount, number: given.postings, balanceAfter: given.balance),
                Posting(account: taker, amount: amount, number: taken.postings, balanceAfter: taken.balance),
            ]
        )
        let head = try work.tx.head(of: chain)
        try work.tx.append(entry, to: chain, after: head, hash: entry.hash(after: head.hash))
        return entry
    }

    /// Makes a rider's wallet.
    ///
    /// - Parameter isWelcomed: whether the welcome credit is put into it.
    package func openWallet<Tx: LedgerRecords>(
        for owner: AccountID, isWelcomed: Bool = true, in work: Work<Tx>
    ) throws {
        try work.tx.openAccount(.wallet(owner), currency: currency)
        guard isWelcomed, welcomeCredit > 0 else { return }
        let credit = Money(amount: welcomeCredit, currency: currency)
        _ = try move(credit, from: .grants, to: .wallet(owner), kind: .welcome, reference: owner.raw, in: work)
    }

    /// What is in a rider's wallet; zero if there is none. Nothing moves it, and nothing is booked from it, before this unit
    /// of work is over.
    package func holdWallet<Tx: LedgerRecords>(of owner: AccountID, in work: Work<Tx>) throws -> Money {
        try work.tx.hold(.wallet(owner))
        return Money(amount: try work.tx.balance(of: .wallet(owner)) ?? 0, currency: currency)
    }

    /// Moves all that is in a rider's wallet to somebody else, because the account is being closed.
    ///
    /// - Parameter taker: ``LedgerAccount/forfeits``, or another wallet.
    package func emptyWallet<Tx: LedgerRecords>(
        of owner: AccountID, to taker: LedgerAccount, in work: Work<Tx>
    ) throws {
        let balance = try holdWallet(of: owner, in: work)
        guard balance.amount > 0 else { return }
        _ = try move(balance, from: .wallet(owner), to: taker, kind: .closing, reference: owner.raw, in: work)
    }

    /// Makes the operator's own accounts, if there are none.
    ///
    /// - Throws: ``LedgerFault/otherCurrency(_:of:)`` if there are, in another currency: money does not change its kind
    ///   because a setting did.
    package func openOperatorAccounts<Tx: LedgerRecords>(in tx: Tx) throws {
        for purpose in LedgerAccount.Purpose.allCases {
            for account in (0..<chainCount).map({ LedgerAccount.operator(purpose, chain: $0) }) {
                guard let kept = try tx.currency(of: account) else {
                    try tx.openAccount(account, currency: currency)
                    continue
                }
                guard kept == currency else { throw LedgerFault.otherCurrency(kept, of: account.name) }
            }
        }
    }

    /// What all accounts of the operator's of one purpose hold together, in minor units.
    package func balance(of purpose: LedgerAccount.Purpose, in reads: some LedgerReads) throws -> Int64 {
        try (0..<chainCount).reduce(0) { $0 + (try reads.balance(of: .operator(purpose, chain: $1)) ?? 0) }
    }
}

/// A mistake of ours, never of a client.
package enum LedgerFault: Error, CustomStringConvertible {
    case noSuchAccount(String)
    case otherCurrency(CurrencyCode, of: String)

    package var description: String {
        switch self {
        case .noSuchAccount(let name): "The ledger has no account \(name)."
        case .otherCurrency(let currency, let name):
            "The ledger's account \(name) is not in the same currency as \(currency)."
        }
    }
}

extension Problem.Code {
    package static let insufficientFunds = Self("insufficient_funds", status: 409, title: "Not enough money in the wallet")
}

extension Problem {
    package static func insufficientFunds(balance: Money, needed: Money) -> Problem {
        Problem(
            .insufficientFunds,
            "The wallet holds \(balance.amount) and \(needed.amount) is needed (minor units of \(needed.currency))."
        )
    }
}

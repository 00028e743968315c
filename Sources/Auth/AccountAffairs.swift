package import CommandBus

/// What other features keep for an account, as far as accounts have to know of it.
package struct AccountAffairs<Transaction>: Sendable {
    /// Makes the wallet of a new rider, in the transaction that makes the account; with the welcome credit, or without.
    let openWallet: @Sendable (AccountID, _ isWelcomed: Bool, Work<Transaction>) throws -> Void
    /// What an account holds. Units of work that change it meet one that asks.
    let holdings: @Sendable (AccountID, Work<Transaction>) throws -> AccountHoldings
    /// Moves all the money of an account to somebody else.
    let giveAway: @Sendable (AccountID, MoneyHeir, Work<Transaction>) throws -> Void

    package init(
        openWallet: @escaping @Sendable (AccountID, _ isWelcomed: Bool, Work<Transaction>) throws -> Void,
        holdings: @escaping @Sendable (AccountID, Work<Transaction>) throws -> AccountHoldings,
        giveAway: @escaping @Sendable (AccountID, MoneyHeir, Work<Transaction>) throws -> Void
    ) {
        self.openWallet = openWallet
        self.holdings = holdings
        self.giveAway = giveAway
    }
}

/// What keeps an account from being deleted.
package struct AccountHoldings: Sendable, Equatable {
    /// Bookings of rides that are still to come.
    package let liveBookings: Int
    /// What is in the wallet.
    package let balance: Money

    package init(liveBookings: Int, balance: Money) {
        self.liveBookings = liveBookings
        self.balance = balance
    }
}

/// Who gets the money of an account that is deleted.
package enum MoneyHeir: Sendable, Hashable {
    case theOperator
    case rider(AccountID)
}

package import Auth
import Booking
import CommandBus
package import Wallet

extension AccountAffairs where Transaction == SuiteTransaction {
    /// What a server has: bookings and wallets. Its own lives in the gateway, which most tests know nothing of.
    package static func wallets(_ ledger: Ledger) -> AccountAffairs {
        AccountAffairs(
            openWallet: { owner, isWelcomed, work in
                try ledger.openWallet(for: owner, isWelcomed: isWelcomed, in: work)
            },
            holdings: { owner, work in
                // First the wallet, which whatever is booked meanwhile meets; then what was booked before.
                let balance = try ledger.holdWallet(of: owner, in: work)
                let rides = try work.tx.ridesToCome(of: owner, at: work.context.now)
                return AccountHoldings(liveBookings: rides, balance: balance)
            },
            giveAway: { owner, heir, work in
                let taker: LedgerAccount =
                    switch heir {
                    case .theOperator: .forfeits
                    case .rider(let other): .wallet(other)
                    }
                try ledger.emptyWallet(of: owner, to: taker, in: work)
            }
        )
    }
}

import Auth
import Booking
import CommandBus
import Wallet

extension AccountAffairs
where Transaction: BookingRecords & TimetableRecords & LedgerRecords & SendableMetatype {
    /// What bookings and wallets are to an account.
    static func riders(_ ledger: Ledger) -> AccountAffairs {
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

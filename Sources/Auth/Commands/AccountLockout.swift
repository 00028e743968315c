import CommandBus

extension AuthService {
    /// Ends all by which somebody is, or was about to come, inside an account: its session, the devices that need no second
    /// factor, codes and rights that are under way. Whoever has a stolen phone in hand must not find it open again when the
    /// account is.
    func shutOut(_ account: AccountID, in work: Work<Store.Transaction>) throws {
        try sessions.revoke(account, in: work)
        try devices.forgetAll(of: account, in: work)
        try work.tx.voidProofs(of: account)
    }
}

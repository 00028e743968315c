import CommandBus

extension AuthService {
    func deleteOwnAccount(_ input: DeleteAccount.Input, in work: Work<Store.Transaction>) throws -> NoOutput {
        let account = try ownAccount(in: work)
        try stepUps.spend(.accountDeletion, in: work)
        try delete(account, moneyTo: input.moneyTo, in: work)
        if account.role != .rider {
            try work.audit(
                "account.delete", subject: account.id.raw, reason: "at their own wish", before: StaffState(account),
                after: StaffState(account.changed(state: .closed))
            )
        }
        return NoOutput()
    }

    /// Deletes an account that holds nothing, or whose money has somewhere to go, and says farewell.
    ///
    /// - Parameters:
    ///   - account: as it is in this unit of work.
    ///   - taker: who gets what is in the wallet; nil where nobody was named.
    /// - Throws: ``Problem/Code/accountHasBookings``, ``Problem/Code/accountHasMoney``, ``Problem/Code/lastGodAdmin``, or
    ///   ``Problem/Code/invalidInput`` where the taker can't take it; nothing is changed then.
    /// - Returns: how much went to the taker, in minor units.
    @discardableResult
    func delete(_ account: Account, moneyTo taker: MoneyTaker?, in work: Work<Store.Transaction>) throws -> Int64 {
        let given = account.role == .rider ? try settle(account, moneyTo: taker, in: work) : 0
        work.send(letters.farewell(to: account.email))
        try erase(account, in: work)
        return given
    }

    private func settle(
        _ account: Account, moneyTo taker: MoneyTaker?, in work: Work<Store.Transaction>
    ) throws -> Int64 {
        if case .rider(let other) = taker?.heir {
            guard other != account.id, let heir = try work.tx.account(other), heir.role == .rider, heir.state == .active
            else { throw Problem.invalid("/moneyTo", "must be 'operator', or the id of another rider's active account") }
        }
        let holdings = try affairs.holdings(account.id, work)
        guard holdings.liveBookings == 0 else { throw Problem.accountHasBookings(holdings.liveBookings) }
        guard holdings.balance.amount > 0 else { return 0 }
        guard let taker else { throw Problem.accountHasMoney(holdings.balance) }
        try affairs.giveAway(account.id, taker.heir, work)
        return holdings.balance.amount
    }
}

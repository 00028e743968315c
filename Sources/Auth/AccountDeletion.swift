import CommandBus

extension AuthService {
    func deleteOwnAccount(_ input: DeleteAccount.Input, in work: Work<Store.Transaction>) throws -> NoOutput {
        let account = try ownAccount(in: work)
        try stepUps.spend(.accountDeletion, in: work)
        try delete(account, by: .owner, moneyTo: input.moneyTo, in: work)
        let closed = account.changed(state: .closed)
        try auditOwn("account.delete", of: account, becomes: StaffState(closed), in: work)
        try letters.tellGodAdmins(from: account, to: closed, in: work)
        return NoOutput()
    }

    /// Deletes an account that holds nothing, or whose money has somewhere to go, and says farewell.
    ///
    /// - Parameters:
    ///   - account: as it is in this unit of work.
    ///   - remover: who deletes it, and so says where the money goes.
    ///   - taker: who gets what is in the wallet; nil where nobody was named.
    /// - Throws: ``Problem/Code/accountHasBookings``, ``Problem/Code/accountHasMoney``, ``Problem/Code/lastGodAdmin``, or
    ///   ``Problem/Code/invalidInput`` where the taker can't take it; nothing is changed then.
    /// - Returns: what went to the taker; nil if there was nothing.
    @discardableResult
    func delete(
        _ account: Account, by remover: AccountRemover, moneyTo taker: MoneyTaker?, in work: Work<Store.Transaction>
    ) throws -> Bequest? {
        let bequest = account.role == .rider ? try settle(account, by: remover, moneyTo: taker, in: work) : nil
        work.send(letters.farewell(to: account.email, leaving: bequest))
        try erase(account, in: work)
        return bequest
    }

    private func settle(
        _ account: Account, by remover: AccountRemover, moneyTo taker: MoneyTaker?, in work: Work<Store.Transaction>
    ) throws -> Bequest? {
        var heir: Account?
        if case .rider(let other) = taker?.heir {
            guard remover == .owner else {
                throw Problem.invalid("/moneyTo", "must be 'operator': only riders themselves can leave it to another rider")
            }
            guard other != account.id, let found = try work.tx.account(other), found.role == .rider, found.state == .active
            else { throw Problem.invalid("/moneyTo", "must be 'operator', or the id of another rider's active account") }
            heir = found
        }
        let holdings = try affairs.holdings(account.id, work)
        guard holdings.liveBookings == 0 else { throw Problem.accountHasBookings(holdings.liveBookings) }
        let money = holdings.balance
        guard money.amount > 0 else { return nil }
        guard let taker else {
            throw remover == .owner ? Problem.accountHasMoney(money) : Problem.riderHasMoney(money)
        }
        try affairs.giveAway(account.id, taker.heir, work)
        if let heir { work.send(letters.inherited(money, to: heir.email)) }
        return Bequest(money: money, heir: taker.heir)
    }
}

/// Who deletes an account.
enum AccountRemover {
    case owner
    case staff
}

/// What was in the wallet of an account that is deleted, and who has it now.
struct Bequest {
    let money: Money
    let heir: MoneyHeir
}

extension Problem {
    /// What staff are told, who can't give it to whom they like.
    fileprivate static func riderHasMoney(_ balance: Money) -> Problem {
        Problem(
            .accountHasMoney,
            "The wallet holds \(balance.amount) (minor units of \(balance.currency)). Say with 'operator' in 'moneyTo' that "
                + "it goes to the operator, or let the rider delete the account."
        )
    }
}

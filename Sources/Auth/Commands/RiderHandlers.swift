import CommandBus

extension CommandRegistry where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    mutating func registerRiders(_ service: AuthService<Store>) {
        read(ListRiders.self) { input, _, snapshot in
            let limit = input.limit?.raw ?? 50
            let after = try input.after.map { cursor throws(Problem) in
                guard cursor.parts.count == 1 else { throw .invalid("/after", "must be a cursor that a list returned") }
                return AccountID(trusted: cursor.parts[0])
            }
            let found = try snapshot.accounts(
                AccountQuery(
                    roles: [.rider], state: input.state, email: input.email, rollNumber: input.rollNumber?.raw, after: after,
                    limit: limit + 1
                )
            )
            return Page(found, limit: limit, cursor: { PageCursor($0.id.raw) }, item: RiderView.init)
        }
        read(ShowRider.self) { input, _, snapshot in RiderView(try snapshot.rider(input.id)) }
        write(SuspendRider.self) { input, work in try service.suspendRider(input, in: work) }
        write(ReinstateRider.self) { input, work in try service.reinstateRider(input, in: work) }
        write(DeleteRider.self) { input, work in try service.deleteRider(input, in: work) }
    }
}

extension AccountReads {
    /// A rider, also one who has gone. Staff are no business of those who look after riders.
    fileprivate func rider(_ id: AccountID) throws -> Account {
        guard let account = try account(id), account.role == .rider else { throw Problem.notFound("rider") }
        return account
    }
}

extension AuthService {
    func suspendRider(_ input: RiderActionInput, in work: Work<Store.Transaction>) throws -> RiderChange {
        let before = try openRider(input.id, in: work)
        guard before.state != .suspended else { return RiderChange(account: before.id, state: before.state) }
        try work.tx.update(before.changed(state: .suspended))
        try sessions.revoke(before.id, in: work)
        work.send(letters.riderSuspended(to: before.email))
        return try audited("riders.suspend", before, becomes: .suspended, reason: input.reason, in: work)
    }

    func reinstateRider(_ input: RiderActionInput, in work: Work<Store.Transaction>) throws -> RiderChange {
        let before = try openRider(input.id, in: work)
        guard before.state != .active else { return RiderChange(account: before.id, state: before.state) }
        try work.tx.update(before.changed(state: .active))
        work.send(letters.riderReinstated(to: before.email))
        return try audited("riders.reinstate", before, becomes: .active, reason: input.reason, in: work)
    }

    func deleteRider(_ input: DeleteRider.Input, in work: Work<Store.Transaction>) throws -> RiderChange {
        let before = try openRider(input.id, in: work)
        let given = try delete(before, moneyTo: input.moneyTo, in: work)
        return try audited(
            "riders.delete", before, becomes: .closed, given: given, to: given > 0 ? input.moneyTo : nil,
            reason: input.reason,
            in: work
        )
    }

    /// The rider whom a change is about; whoever asks is signed in at this very moment.
    private func openRider(_ id: AccountID, in work: Work<Store.Transaction>) throws -> Account {
        _ = try work.caller()
        let account = try work.tx.rider(id)
        guard account.state != .closed else { throw Problem(.accountClosed, "This account was closed for good.") }
        return account
    }

    private func audited(
        _ action: String, _ before: Account, becomes state: AccountState, given: Int64? = nil, to taker: MoneyTaker? = nil,
        reason: StaffReason, in work: Work<Store.Transaction>
    ) throws -> RiderChange {
        try work.audit(
            action, subject: before.id.raw, reason: reason.raw, before: RiderState(state: before.state, balance: given),
            after: RiderState(state: state, moneyTo: taker?.raw)
        )
        let change = RiderChange(account: before.id, state: state)
        switch state {
        case .active: try work.record("account.reinstated", subject: before.id.raw, change)
        case .suspended: try work.record("account.suspended", subject: before.id.raw, change)
        case .closed: break  // The deletion itself has said so.
        }
        return change
    }
}

/// What the audit log keeps of a rider before and after a change.
private struct RiderState: Encodable {
    let state: AccountState
    /// What was in the wallet of an account that is deleted, in minor units.
    var balance: Int64?
    /// Where that went.
    var moneyTo: String?
}

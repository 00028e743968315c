package import CommandBus

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
        write(UpdateRider.self) { input, work in try service.updateRider(input, in: work) }
        write(SuspendRider.self) { input, work in try service.suspendRider(input, in: work) }
        write(ReinstateRider.self) { input, work in try service.reinstateRider(input, in: work) }
        write(DeleteRider.self) { input, work in try service.deleteRider(input, in: work) }
    }
}

extension AccountReads {
    /// A rider, also one who has gone. Staff are no business of those who look after riders.
    ///
    /// - Throws: ``Problem/Code/notFound``.
    package func rider(_ id: AccountID) throws -> Account {
        guard let account = try account(id), account.role == .rider else { throw Problem.notFound("rider") }
        return account
    }
}

extension AuthService {
    func updateRider(_ input: UpdateRider.Input, in work: Work<Store.Transaction>) throws -> RiderChange {
        guard input.name != nil || input.rollNumber != nil || input.email != nil else {
            throw Problem.invalid("", "must have a name, a roll number or an address that is to be changed")
        }
        let before = try openRider(input.id, hasSteppedUp: true, in: work)
        let after = before.changed(email: input.email, name: input.name?.raw, rollNumber: input.rollNumber?.raw)
        guard after != before else { return RiderChange(before) }
        if after.email != before.email {
            try checkDomain(of: after.email)
            guard try work.tx.account(email: after.email) == nil else {
                throw Problem(.accountExists, "There is an account with this e-mail address.")
            }
            // Whoever reads the old mailbox has no more to do with the account.
            try shutOut(before.id, in: work)
            work.send(letters.addressReplaced(to: before.email))
            work.send(letters.addressGiven(to: after))
        }
        try work.tx.update(after)
        let changed = ChangedFields(from: before, to: after)
        try work.record("account.updated", subject: after.id.raw, changed)
        return try audited(
            "riders.update", from: RiderState(before), to: RiderState(after, changed: changed), of: after,
            reason: input.reason, in: work
        )
    }

    func suspendRider(_ input: RiderActionInput, in work: Work<Store.Transaction>) throws -> RiderChange {
        let before = try openRider(input.id, in: work)
        guard before.state != .suspended else { return RiderChange(before) }
        let after = before.changed(state: .suspended)
        try work.tx.update(after)
        try shutOut(before.id, in: work)
        work.send(letters.riderSuspended(to: before.email))
        try work.record("account.suspended", subject: after.id.raw, RiderChange(after))
        return try audited(
            "riders.suspend", from: RiderState(before), to: RiderState(after), of: after, reason: input.reason, in: work
        )
    }

    func reinstateRider(_ input: RiderActionInput, in work: Work<Store.Transaction>) throws -> RiderChange {
        let before = try openRider(input.id, in: work)
        guard before.state != .active else { return RiderChange(before) }
        let after = before.changed(state: .active)
        try work.tx.update(after)
        work.send(letters.riderReinstated(to: before.email))
        try work.record("account.reinstated", subject: after.id.raw, RiderChange(after))
        return try audited(
            "riders.reinstate", from: RiderState(before), to: RiderState(after), of: after, reason: input.reason, in: work
        )
    }

    func deleteRider(_ input: DeleteRider.Input, in work: Work<Store.Transaction>) throws -> RiderChange {
        let before = try openRider(input.id, hasSteppedUp: true, in: work)
        // The event log is told by the deletion itself.
        let bequest = try delete(before, by: .staff, moneyTo: input.moneyTo, in: work)
        let after = before.changed(state: .closed)
        return try audited(
            "riders.delete", from: RiderState(before, balance: bequest?.money.amount ?? 0),
            to: RiderState(after, moneyTo: bequest == nil ? nil : input.moneyTo), of: after, reason: input.reason, in: work
        )
    }

    /// The rider whom a change is about; whoever asks is signed in at this very moment.
    ///
    /// - Parameter hasSteppedUp: whether it takes a step-up, which is used up.
    private func openRider(
        _ id: AccountID, hasSteppedUp: Bool = false, in work: Work<Store.Transaction>
    ) throws -> Account {
        _ = try work.heldCaller()
        if hasSteppedUp { try stepUps.spend(.riderChange, in: work) }
        let account = try work.tx.rider(id)
        guard account.state != .closed else { throw Problem(.accountClosed, "This account was closed for good.") }
        return account
    }

    private func audited(
        _ action: String, from before: RiderState, to after: RiderState, of rider: Account, reason: StaffReason,
        in work: Work<Store.Transaction>
    ) throws -> RiderChange {
        try work.audit(action, subject: rider.id.raw, reason: reason.raw, before: before, after: after)
        return RiderChange(rider)
    }
}

extension RiderChange {
    fileprivate init(_ rider: Account) {
        self.init(account: rider.id, state: rider.state)
    }
}

/// What the audit log keeps of a rider before and after a change.
private struct RiderState: Encodable {
    let state: AccountState
    /// What was in the wallet of an account that is deleted, in minor units.
    let balance: Int64?
    /// Where that went.
    let moneyTo: String?
    /// Which fields were changed; which they were and are has no place in what is kept for good.
    let fields: [ChangedFields.Field]?

    init(_ rider: Account, balance: Int64? = nil, moneyTo: MoneyTaker? = nil, changed: ChangedFields? = nil) {
        state = rider.state
        self.balance = balance
        self.moneyTo = moneyTo?.raw
        fields = changed?.fields
    }
}

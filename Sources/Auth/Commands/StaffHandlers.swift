import CommandBus

extension CommandRegistry where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    mutating func registerStaff(_ service: AuthService<Store>) {
        read(ListStaff.self) { input, _, snapshot in
            let limit = input.limit?.raw ?? 50
            let after = try input.after.map { cursor throws(Problem) in
                guard cursor.parts.count == 1 else { throw .invalid("/after", "must be a cursor that a list returned") }
                return AccountID(trusted: cursor.parts[0])
            }
            let found = try snapshot.accounts(
                AccountQuery(
                    roles: input.role.map { [$0.role] } ?? StaffRole.roles, state: input.state, after: after,
                    limit: limit + 1
                )
            )
            return try Page(found, limit: limit, cursor: { PageCursor($0.id.raw) }) { try StaffView($0, in: snapshot) }
        }
        read(ShowStaff.self) { input, _, snapshot in try StaffView(snapshot.staff(input.id), in: snapshot) }
        write(CreateStaff.self) { input, work in try service.createStaff(input, in: work) }
        write(UpdateStaff.self) { input, work in try service.updateStaff(input, in: work) }
        write(SuspendStaff.self) { input, work in try service.suspendStaff(input, in: work) }
        write(ReinstateStaff.self) { input, work in try service.reinstateStaff(input, in: work) }
        write(RevokeStaff.self) { input, work in try service.revokeStaff(input, in: work) }
    }
}

extension AccountReads {
    /// A member of staff, also one who has gone.
    fileprivate func staff(_ id: AccountID) throws -> Account {
        guard let account = try account(id), StaffRole.roles.contains(account.role) else {
            throw Problem.notFound("member of staff")
        }
        return account
    }
}

extension AuthService {
    func createStaff(_ input: CreateStaff.Input, in work: Work<Store.Transaction>) throws -> StaffChange {
        try admitStaffChange(in: work)
        if let taken = try work.tx.account(email: input.email) { throw Problem.addressTaken(by: taken) }
        let account = Account(
            id: work.context.makeID(), email: input.email, name: input.name.raw, rollNumber: nil, role: input.role.role,
            // The first password is set by a reset, so that nobody but whoever reads the mailbox ever knows it.
            passwordHash: passwords.unusableHash, createdAt: work.context.now
        )
        try create(account, in: work)
        work.send(letters.appointed(account))
        try letters.tellGodAdmins(from: nil, to: account, in: work)
        return try audited("staff.create", from: nil, to: account, reason: input.reason, in: work)
    }

    func updateStaff(_ input: UpdateStaff.Input, in work: Work<Store.Transaction>) throws -> StaffChange {
        guard input.name != nil || input.role != nil else {
            throw Problem.invalid("", "must have a name or a role that is to be changed")
        }
        let before = try openStaff(input.id, in: work)
        let after = before.changed(name: input.name?.raw, role: input.role?.role)
        guard after != before else { return StaffChange(before) }
        if after.role != before.role {
            try keepOneGodAdmin(without: before, in: work)
            // What the old role could do ends with its session: a session has the role that it was opened with. And what was
            // enough to enter as one may not be as the other.
            try shutOut(before.id, in: work)
            work.send(letters.roleChanged(after))
        }
        try work.tx.update(after)
        try letters.tellGodAdmins(from: before, to: after, in: work)
        return try audited("staff.update", from: before, to: after, reason: input.reason, in: work)
    }

    func suspendStaff(_ input: StaffActionInput, in work: Work<Store.Transaction>) throws -> StaffChange {
        let before = try openStaff(input.id, in: work)
        guard before.state != .suspended else { return StaffChange(before) }
        try keepOneGodAdmin(without: before, in: work)
        let after = before.changed(state: .suspended)
        try work.tx.update(after)
        try shutOut(before.id, in: work)
        work.send(letters.staffSuspended(after))
        try letters.tellGodAdmins(from: before, to: after, in: work)
        return try audited("staff.suspend", from: before, to: after, reason: input.reason, in: work)
    }

    func reinstateStaff(_ input: StaffActionInput, in work: Work<Store.Transaction>) throws -> StaffChange {
        let before = try openStaff(input.id, in: work)
        guard before.state != .active else { return StaffChange(before) }
        let after = before.changed(state: .active)
        try work.tx.update(after)
        work.send(letters.staffReinstated(after))
        try letters.tellGodAdmins(from: before, to: after, in: work)
        return try audited("staff.reinstate", from: before, to: after, reason: input.reason, in: work)
    }

    func revokeStaff(_ input: StaffActionInput, in work: Work<Store.Transaction>) throws -> StaffChange {
        let before = try openStaff(input.id, in: work)
        // To the address that is about to be forgotten.
        work.send(letters.staffRevoked(before))
        try erase(before, in: work)
        let after = before.changed(state: .closed)
        try letters.tellGodAdmins(from: before, to: after, in: work)
        return try audited("staff.revoke", from: before, to: after, reason: input.reason, in: work)
    }

    /// Lets a change of staff go on: whoever asks is a god admin at this very moment, and has stepped up.
    ///
    /// - Throws: ``Problem/Code/stepUpRequired``; ``Problem/Code/sessionRevoked`` or another 401 for somebody who was removed,
    ///   given another role or signed out while the command was on its way.
    private func admitStaffChange(in work: Work<Store.Transaction>) throws {
        // All changes of staff meet here, so that nobody acts on a right that another change is just taking away.
        _ = try work.tx.countActiveGodAdmins()
        try work.tx.requireLive(try work.context.signedIn())
        try stepUps.spend(.staffChange, in: work)
    }

    /// The member of staff whom a change is about.
    private func openStaff(_ id: AccountID, in work: Work<Store.Transaction>) throws -> Account {
        try admitStaffChange(in: work)
        let account = try work.tx.staff(id)
        guard account.state != .closed else { throw Problem.accountClosed }
        return account
    }

    private func audited(
        _ action: String, from before: Account?, to after: Account, reason: StaffReason, in work: Work<Store.Transaction>
    ) throws -> StaffChange {
        let isRenamed = before.map { $0.name != after.name } ?? false
        try work.audit(
            action, subject: after.id.raw, reason: reason.raw, before: before.map { StaffState($0) },
            after: StaffState(after, isRenamed: isRenamed)
        )
        let change = StaffChange(after)
        try work.record(action, subject: after.id.raw, change)
        return change
    }
}

extension Problem {
    static let accountClosed = Problem(.accountClosed, "This account was closed for good. Appoint the person anew.")
}

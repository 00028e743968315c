/// A set of the switch: worked out in its transaction, taken over in memory after the commit.
struct MaintenanceChange: Sendable {
    enum Lift: Sendable {
        case nothing
        /// What stayed shut although its cause has gone.
        case leftovers
        case everything
    }

    let closure: StoredClosure
    /// Nil where the findings stay as they are.
    let record: InvariantRecord?
    let lifts: Lift

    /// Reads what there is, and writes what is to be.
    ///
    /// To open a server that the operator has shut is no word about what its checks have found: that stays, but for what
    /// has gone already. To open it where the operator's switch is open means just that.
    ///
    /// - Parameter reason: what riders are told; nil to open.
    init(reason: String?, at now: Timestamp, in tx: some SettingRecords) throws {
        let present = try StoredClosure.load(from: tx)
        let revision = present.revision + 1
        if let reason {
            closure = StoredClosure(on: true, reason: reason, since: present.on ? present.since : now, revision: revision)
            lifts = .nothing
        } else {
            closure = StoredClosure(on: false, reason: "", since: nil, revision: revision)
            lifts = present.on ? .leftovers : .everything
        }
        try closure.save(in: tx)
        record = try Self.lift(lifts, in: tx)
    }

    private static func lift(_ lift: Lift, in tx: some SettingRecords) throws -> InvariantRecord? {
        var record = try InvariantRecord.load(from: tx)
        guard record.outage.closedSince != nil else { return nil }
        switch lift {
        case .nothing: return nil
        case .leftovers where record.outage.presentSince != nil: return nil
        case .leftovers, .everything: break
        }
        record.lift()
        try record.save(in: tx)
        return record
    }

    func apply(to book: inout ClosureBook) {
        book.adopt(closure)
        if let record { book.adopt(record) }
        switch lifts {
        case .nothing: break
        case .leftovers: book.lift(onlyGone: true)
        case .everything: book.lift(onlyGone: false)
        }
    }
}

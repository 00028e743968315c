import CommandBus

/// What the audit log keeps of a member of staff before and after a change: nothing that tells who they are.
struct StaffState: Encodable {
    let role: Role
    let state: AccountState
    /// Whether the name was changed as well; which it was and is has no place in what is kept for good.
    let renamed: Bool?
    /// Which fields its owner changed; which they were and are has no place there either.
    let fields: [ChangedFields.Field]?

    init(_ account: Account, isRenamed: Bool = false, changed: ChangedFields? = nil) {
        role = account.role
        state = account.state
        renamed = isRenamed ? true : nil
        fields = changed?.fields
    }
}

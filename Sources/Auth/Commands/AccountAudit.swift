import CommandBus

extension AuthService {
    /// Keeps in the audit log what members of staff do to their own account: who can act as them is everybody's matter. What
    /// riders do to theirs is in the event log alone.
    ///
    /// They are actor and subject both, also where nobody is signed in, as in a password reset.
    ///
    /// - Parameters:
    ///   - action: the name of the command.
    ///   - account: whose it is, as it was before.
    ///   - after: how it is.
    func auditOwn(
        _ action: String, of account: Account, becomes after: StaffState, in work: Work<Store.Transaction>
    ) throws {
        guard account.role != .rider else { return }
        try work.tx.append([
            AuditEntry(
                id: work.context.makeID(), at: work.context.now, actor: account.id.raw, action: action,
                subject: account.id.raw, reason: "at their own wish",
                before: try WireJSON.encode(StaffState(account)), after: try WireJSON.encode(after),
                trace: work.context.trace
            )
        ])
    }

    /// The same of a change after which role and state are what they were.
    func auditOwn(
        _ action: String, of account: Account, changed: ChangedFields, in work: Work<Store.Transaction>
    ) throws {
        try auditOwn(action, of: account, becomes: StaffState(account, changed: changed), in: work)
    }
}

/// What the logs keep of a change: which fields, and nothing of what stood or stands in them.
struct ChangedFields: Encodable {
    enum Field: String, Encodable {
        case name
        case rollNumber
        case email
        case password
        case authenticator
        case recoveryCodes
    }

    let fields: [Field]

    init(_ fields: Field...) {
        self.fields = fields
    }

    /// What is told apart of two states of an account: the fields that people read.
    init(from before: Account, to after: Account) {
        let changes: [(field: Field, isMade: Bool)] = [
            (.name, after.name != before.name), (.rollNumber, after.rollNumber != before.rollNumber),
            (.email, after.email != before.email),
        ]
        fields = changes.filter(\.isMade).map(\.field)
    }
}

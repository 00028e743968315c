import CommandBus
import Cryptography

extension AuthService {
    /// Closes an account for good and erases whom it belonged to. What refers to it (bookings, the ledger, the event log,
    /// the audit log) does so by its identifier, and stays whole; nothing is left that tells who that was.
    ///
    /// The account's session ends at once, and is all that is left of its sessions: its token is told that it was revoked. The
    /// address may be registered again as another account. Letters to it that are still due leave yet, and a letter of
    /// farewell may be sent in the same unit of work.
    ///
    /// - Parameter account: as it is in this unit of work. What it holds must have been settled.
    /// - Throws: ``Problem/Code/lastGodAdmin``.
    func erase(_ account: Account, in work: Work<Store.Transaction>) throws {
        try keepOneGodAdmin(without: account, in: work)
        // Before the traces: an open session has to be ended for its token to be told so, and is left as the newest.
        try sessions.revoke(account.id, in: work)
        try work.tx.eraseTraces(of: account.id, address: account.email)
        try work.tx.update(account.erased(passwordHash: passwords.unusableHash))
        try work.record("account.deleted", subject: account.id.raw, AccountDeletion(role: account.role))
    }
}

extension Account {
    /// The name of every account that was erased.
    static let erasedName = "Deleted account"

    /// What is left of an account when it is erased.
    fileprivate func erased(passwordHash: String) -> Account {
        Account(
            // The domain can't exist (RFC 2606, section 2), and the identifier keeps the addresses apart.
            id: id, email: EmailAddress(trusted: "erased-\(id.raw.lowercased())@erased.invalid"), name: Self.erasedName,
            rollNumber: nil,
            role: role, state: .closed, passwordHash: passwordHash, sessionEpoch: sessionEpoch, createdAt: createdAt
        )
    }
}

/// What the event log keeps of a deletion.
private struct AccountDeletion: Encodable {
    let role: Role
}

import CommandBus
import Cryptography

extension AuthService {
    /// Sees to it that somebody is left who can appoint staff, when an account stops being an active god admin.
    ///
    /// Units of work that ask meet at the store, so that of two god admins who remove each other at once the second finds
    /// that the other one is gone.
    ///
    /// - Parameter account: as it was before the change; any role and state.
    /// - Throws: ``Problem/Code/lastGodAdmin``.
    func keepOneGodAdmin(without account: Account, in work: Work<Store.Transaction>) throws {
        guard account.role == .godAdmin, account.state == .active else { return }
        guard try work.tx.countActiveGodAdmins() > 1 else { throw Problem.lastGodAdmin }
        // Whoever was appointed and has set no password yet can't appoint anybody; perhaps the address is not even theirs.
        let all = try work.tx.accounts(AccountQuery(roles: [.godAdmin], state: .active, limit: 200))
        guard all.contains(where: { $0.id != account.id && !Argon2id.isDecoy($0.passwordHash) }) else {
            throw Problem.lastGodAdmin
        }
    }
}

extension Problem {
    static let lastGodAdmin = Problem(
        .lastGodAdmin,
        "This is the last god admin who can sign in. Appoint another one first, or nobody could appoint staff."
    )
}

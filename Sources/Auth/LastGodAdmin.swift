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
        guard account.isActiveGodAdmin else { return }
        guard try work.tx.countActiveGodAdmins() > 1 else { throw Problem.lastGodAdmin }
        // Whoever was appointed and has set no password yet can't appoint anybody; perhaps the address is not even theirs.
        let all = try work.tx.allAccounts(of: [.godAdmin], state: .active)
        guard all.contains(where: { $0.id != account.id && $0.hasPassword }) else { throw Problem.lastGodAdmin }
    }
}

extension AccountLetters {
    /// Writes to the other god admins, all of them, when there is one more or one less: whoever makes one in secret, or has
    /// taken over the account of one, would else be noticed only by those who look at the audit log.
    ///
    /// - Parameters:
    ///   - before: the account before the change; nil if it was just made.
    ///   - after: the account after it, as the store has it now.
    func tellGodAdmins(from before: Account?, to after: Account, in work: Work<some AccountRecords>) throws {
        let (wasOne, isOne) = (before?.isActiveGodAdmin ?? false, after.isActiveGodAdmin)
        guard wasOne != isOne else { return }
        for address in try work.tx.reachableStaff([.godAdmin]) where address != after.email {
            work.send(isOne ? godAdminMade(after.id, to: address) : godAdminGone(after.id, to: address))
        }
    }
}

extension Account {
    fileprivate var isActiveGodAdmin: Bool { role == .godAdmin && state == .active }

    /// Whether anybody has set one; staff are appointed without.
    var hasPassword: Bool { !Argon2id.isDecoy(passwordHash) }
}

extension Problem {
    static let lastGodAdmin = Problem(
        .lastGodAdmin,
        "This is the last god admin who can sign in. Appoint another one first, or nobody could appoint staff."
    )
}

import CommandBus
import Cryptography

extension AuthService {
    /// A change of password that was checked, and whose hash is made.
    struct PasswordChange: Sendable {
        /// The hash of the password that was shown as the current one.
        let from: String
        let to: String
    }

    /// Checks what can be checked before the costly hashes, then the current password, and hashes the new one.
    func preparePasswordChange(
        _ input: ChangePassword.Input, _ context: CommandContext
    ) async throws -> PasswordChange {
        let principal = try context.signedIn()
        let (account, stepUp) = try await store.read { snapshot in
            try snapshot.requireLive(principal)
            return (
                try snapshot.account(principal.account),
                try snapshot.stepUp(of: principal.session, for: .passwordChange)
            )
        }
        guard let account else { throw Problem.notSignedIn }
        guard input.password.raw != input.currentPassword.raw else {
            throw Problem.invalid("/password", "must not be the current password")
        }
        let words = [configuration.serviceName, "farebus", account.name, account.rollNumber].compactMap(\.self)
        if let weakness = input.password.weakness(address: account.email, words: words) {
            throw Problem.invalid("/password", weakness)
        }
        // Without one the command would be a way to guess passwords with nothing but a token. It is spent later.
        guard let stepUp, context.now < stepUp.expiresAt else { throw Problem.stepUpRequired(.passwordChange) }
        // The session stands for a known device: whoever has none can't use up the tries of its owner.
        let guess = try await guesses.password(
            of: account.email, by: .session(principal.session), from: context.address, at: context.now
        )
        let isRight = try await guess.check {
            try await passwords.check(input.currentPassword, of: account, from: context.address)
        }
        guard isRight else { throw Problem(.invalidCredentials, "The current password is wrong.") }
        let hash = try await passwords.hash(input.password, random: context.random, from: context.address)
        return PasswordChange(from: account.passwordHash, to: hash)
    }

    /// Ends everything that the old password has opened, and opens a new session in place of the caller's.
    ///
    /// - Parameter remembers: whether the caller's device is remembered anew, as whoever uses it has just stepped up.
    func changePassword(
        _ change: PasswordChange, remembers: Bool, in work: Work<Store.Transaction>
    ) throws -> SessionView {
        let before = try ownAccount(in: work)
        // It was checked outside the transaction: another change may have come first.
        guard before.passwordHash == change.from else {
            throw Problem(.invalidCredentials, "The current password is wrong.")
        }
        try stepUps.spend(.passwordChange, in: work)
        let after = before.changed(passwordHash: change.to)
        try work.tx.update(after)
        try devices.forgetAll(of: after.id, in: work)
        try work.tx.voidProofs(of: after.id)
        work.send(letters.passwordChanged(to: after.email, keepsDevice: remembers))
        try work.record("account.updated", subject: after.id.raw, ChangedFields(.password))
        try auditOwn("account.password.change", of: before, changed: ChangedFields(.password), in: work)
        let device = remembers ? try devices.remember(after.id, in: work) : nil
        return .opened(try sessions.open(for: after, in: work), device: device)
    }
}

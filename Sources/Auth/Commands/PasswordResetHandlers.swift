import CommandBus
import Cryptography

extension CommandRegistry where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    mutating func registerPasswordReset(_ service: AuthService<Store>) {
        write(
            StartPasswordReset.self,
            prepare: { _, context in try await service.guesses.letter(from: context.address, at: context.now) },
            perform: { input, _, work in try service.startPasswordReset(input, in: work) }
        )
        answer(VerifyPasswordReset.self) { input, context in
            try await service.answering(context, as: .stranger) { work in try service.verifyPasswordReset(input, in: work) }
        }
        write(
            CompletePasswordReset.self,
            prepare: { input, context in try await service.preparePasswordReset(input, context) },
            perform: { input, passwordHash, work in
                try service.completePasswordReset(input, passwordHash: passwordHash, in: work)
            }
        )
    }
}

extension AuthService {
    func startPasswordReset(
        _ input: StartPasswordReset.Input, in work: Work<Store.Transaction>
    ) throws -> StartPasswordReset.Output {
        let address = try address(of: input.email)
        let sent =
            if let account = try work.tx.account(email: address), account.state != .closed {
                try codes.send(.passwordReset, to: address, account: account.id, in: work) { code in
                    factors.letters.letter(with: code, for: .passwordReset, to: address)
                }
            } else {
                try codes.sendDecoy(.passwordReset, to: address, in: work, letter: letters.noAccount(to: address))
            }
        return StartPasswordReset.Output(challenge: sent.challenge.text, expiresAt: sent.expiresAt)
    }

    func verifyPasswordReset(
        _ input: VerifyPasswordReset.Input, in work: Work<Store.Transaction>
    ) throws -> Result<VerifyPasswordReset.Output, Problem> {
        try codes.answer(input.challenge, for: .passwordReset, with: input.code, in: work).flatMapThrowing { challenge in
            let given = try give(.passwordReset, to: challenge, for: configuration.resetLifetime, in: work)
            return VerifyPasswordReset.Output(reset: given.token.text, expiresAt: given.expiresAt)
        }
    }

    /// Checks what can be checked before the costly hash, and hashes the password.
    func preparePasswordReset(
        _ input: CompletePasswordReset.Input, _ context: CommandContext
    ) async throws -> String {
        let account = try await store.read { snapshot in
            try self.resetting(input.reset, in: snapshot, at: context.now).account
        }
        let words = [configuration.serviceName, "farebus", account.name] + (account.rollNumber.map { [$0] } ?? [])
        if let weakness = input.password.weakness(address: account.email, words: words) {
            throw Problem.invalid("/password", weakness)
        }
        return try await passwords.hash(input.password, random: context.random, from: context.address)
    }

    func completePasswordReset(
        _ input: CompletePasswordReset.Input, passwordHash: String, in work: Work<Store.Transaction>
    ) throws -> CompletePasswordReset.Output {
        let (grant, account) = try resetting(input.reset, in: work.tx, at: work.context.now)
        try work.tx.remove(grant: grant.token)
        try work.tx.update(account.changed(passwordHash: passwordHash))
        // Whoever knew the old password is out, and so is the device that they may have signed in on.
        try sessions.revoke(account.id, in: work)
        try devices.forgetAll(of: account.id, in: work)
        try work.tx.voidProofs(of: account.id)
        work.send(letters.passwordChanged(to: account.email))
        try work.record("account.password.reset", subject: account.id.raw, NoOutput())
        try auditOwn("password.reset.complete", of: account, changed: ChangedFields(.password), in: work)
        let given = try give(
            .signIn, of: account.email, account: account.id, for: configuration.resetLifetime, in: work
        )
        return CompletePasswordReset.Output(device: given.token.text, expiresAt: given.expiresAt)
    }

    /// The right to a new password, and the account whose it is.
    ///
    /// - Throws: ``Problem/Code/resetExpired``, also where the account has another address by now: the mailbox that was
    ///   shown is not its mailbox any more.
    private func resetting(
        _ token: ShownToken, in reads: some AccountReads, at now: Timestamp
    ) throws -> (grant: Grant, account: Account) {
        guard let grant = try grant(token, for: .passwordReset, in: reads, at: now), let id = grant.account,
            let account = try reads.account(id), account.state != .closed, account.email == grant.address
        else { throw Problem.resetExpired }
        return (grant, account)
    }
}

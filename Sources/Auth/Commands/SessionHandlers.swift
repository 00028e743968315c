import CommandBus
import Cryptography

extension CommandRegistry where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    mutating func registerSessions(_ service: AuthService<Store>) {
        answer(OpenSession.self) { input, context in try await service.openSession(input, context) }
        answer(VerifySession.self) { input, context in try await service.verifySession(input, context) }
        answer(ShowSession.self) { _, context in
            let principal = try context.signedIn()
            return .current(principal, idleSeconds: service.configuration.idleTime(of: principal.role))
        }
        write(RefreshSession.self) { _, work in
            .opened(try service.sessions.refresh(try work.context.signedIn(), token: work.context.tokenDigest, in: work))
        }
        write(CloseSession.self) { _, work in
            try service.sessions.close(try work.context.signedIn(), in: work)
            return NoOutput()
        }
    }
}

extension AuthService {
    /// Signs in with a password, or asks for the second factor.
    ///
    /// Until the password has turned out right, all is the same whether or not there is an account: what is read, what is
    /// hashed, and what is answered.
    func openSession(_ input: OpenSession.Input, _ context: CommandContext) async throws -> SessionView {
        do {
            return try await openSessionOnce(input, context)
        } catch is PasswordMoved {
            // Another sign-in has renewed the hash, or the password was changed: it is looked at once more.
            do { return try await openSessionOnce(input, context) } catch is PasswordMoved {
                throw Problem.invalidCredentials
            }
        }
    }

    private func openSessionOnce(_ input: OpenSession.Input, _ context: CommandContext) async throws -> SessionView {
        let address = try address(of: input.email)
        let seen = try await whoSignsIn(at: address, with: input.device, context)
        let guess = try await guesses.password(of: address, by: seen.caller, from: context.address, at: context.now)
        let isRight = try await guess.check {
            try await passwords.check(input.password, of: seen.account, from: context.address)
        }
        guard isRight, let account = seen.account else { throw Problem.invalidCredentials }
        let renewed = try await passwords.renewedHash(
            of: input.password, for: account, random: context.random, from: context.address
        )
        return try await runner.run(context) { work in
            try signIn(account, renewedHash: renewed, with: input.device, in: work)
        }.get()
    }

    /// Signs in with the second factor.
    func verifySession(_ input: VerifySession.Input, _ context: CommandContext) async throws -> SessionView {
        try await answering(context, as: .owner) { work in
            try factors.answer(input.challenge, for: .signIn, with: input.code, session: nil, in: work)
                .flatMapThrowing { challenge in
                    // A code that went to an address which the account has no more opens nothing.
                    guard let id = challenge.account, let account = try work.tx.account(id),
                        account.email == challenge.address
                    else { throw Problem.codeExpired }
                    try checkMaySignIn(account)
                    // Where the code came by mail, that letter has told of it.
                    if challenge.factor == .authenticator { work.send(letters.signedInWithApp(to: account.email)) }
                    let device = input.remember == true ? try devices.remember(account.id, in: work) : nil
                    return .opened(try sessions.open(for: account, in: work), device: device)
                }
        }
    }

    /// Reads the account of an address, and whether it knows the caller. Where there is no account, as much is read.
    private func whoSignsIn(
        at address: EmailAddress, with secret: DeviceSecret?, _ context: CommandContext
    ) async throws -> (account: Account?, caller: GuessDesk.Acquaintance?) {
        let nobody: AccountID = context.makeID()
        return try await store.read { snapshot in
            let account = try snapshot.account(email: address)
            let caller = try acquaintance(secret, of: account?.id ?? nobody, in: snapshot, at: context.now)
            // A closed account is none.
            return account?.state == .closed ? (nil, nil) : (account, caller)
        }
    }

    /// What an account knows of whoever shows a secret: a device of its own, or somebody who has just set its password by a
    /// code that went to its mailbox.
    private func acquaintance(
        _ secret: DeviceSecret?, of account: AccountID, in snapshot: Store.Snapshot, at now: Timestamp
    ) throws -> GuessDesk.Acquaintance? {
        guard let secret else { return nil }
        if let device = try devices.recognise(secret, of: account, in: snapshot, at: now).device { return .device(device) }
        guard let token = try? ShownToken(refining: secret.raw),
            let right = try grant(token, for: .signIn, in: snapshot, at: now), right.account == account
        else { return nil }
        return .mailbox(right.token)
    }

    /// Opens a session for whoever has shown the password, if the device is known, or asks for the second factor.
    ///
    /// A refusal is a result and no error where something has to be kept all the same.
    private func signIn(
        _ checked: Account, renewedHash: String?, with secret: DeviceSecret?, in work: Work<Store.Transaction>
    ) throws -> Result<SessionView, Problem> {
        // The password was checked outside the transaction: it may have been changed, or the account shut, meanwhile.
        guard let account = try work.tx.account(checked.id) else { throw Problem.invalidCredentials }
        guard account.passwordHash == checked.passwordHash else { throw PasswordMoved() }
        try checkMaySignIn(account)
        // Its costs are today's from now on, whatever becomes of the sign-in.
        if let renewedHash { try work.tx.update(account.changed(passwordHash: renewedHash)) }
        switch try devices.recognise(secret, of: account.id, in: work.tx, at: work.context.now) {
        case .known(let device):
            let next = try devices.renew(device, in: work)
            return .success(.opened(try sessions.open(for: account, in: work), device: next))
        case .copied(let device):
            try devices.forget(device, in: work)
            try work.record("device.forgotten", subject: account.id.raw, DeviceEvent(device: device.id))
        case .unknown: break
        }
        do {
            return .success(.challenged(try factors.ask(.signIn, of: account, session: nil, in: work)))
        } catch let problem as Problem where problem.code == .tooManyMails {
            // Nothing was sent or written for it; but a copied device is forgotten even so.
            return .failure(problem)
        }
    }
}

/// The password is not the one any more that was checked.
private struct PasswordMoved: Error {}

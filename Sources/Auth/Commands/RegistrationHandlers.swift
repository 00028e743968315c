import CommandBus
import Cryptography

extension CommandRegistry where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    mutating func registerRegistration(_ service: AuthService<Store>) {
        write(
            StartRegistration.self,
            prepare: { _, context in try await service.guesses.letter(from: context.address, at: context.now) },
            perform: { input, _, work in try service.startRegistration(input, in: work) }
        )
        answer(VerifyRegistration.self) { input, context in
            try await service.answering(context, as: .stranger) { work in try service.verifyRegistration(input, in: work) }
        }
        write(
            CompleteRegistration.self,
            prepare: { input, context in try await service.prepareRegistration(input, context) },
            perform: { input, passwordHash, work in
                try service.completeRegistration(input, passwordHash: passwordHash, in: work)
            }
        )
    }
}

extension AuthService {
    func startRegistration(
        _ input: StartRegistration.Input, in work: Work<Store.Transaction>
    ) throws -> StartRegistration.Output {
        let address = try address(of: input.email)
        try checkDomain(of: address)
        let sent =
            if try work.tx.account(email: address) == nil {
                try codes.send(.registration, to: address, account: nil, in: work) { code in
                    factors.letters.letter(with: code, for: .registration, to: address)
                }
            } else {
                try codes.sendDecoy(.registration, to: address, in: work, letter: letters.accountExists(to: address))
            }
        return StartRegistration.Output(challenge: sent.challenge.text, expiresAt: sent.expiresAt)
    }

    func verifyRegistration(
        _ input: VerifyRegistration.Input, in work: Work<Store.Transaction>
    ) throws -> Result<VerifyRegistration.Output, Problem> {
        try codes.answer(input.challenge, for: .registration, with: input.code, in: work).flatMapThrowing { challenge in
            let given = try give(.registration, to: challenge, for: configuration.registrationLifetime, in: work)
            return VerifyRegistration.Output(registration: given.token.text, expiresAt: given.expiresAt)
        }
    }

    /// Checks what can be checked before the costly hash, and hashes the password.
    func prepareRegistration(_ input: CompleteRegistration.Input, _ context: CommandContext) async throws -> String {
        let grant = try await store.read { snapshot in
            try self.grant(input.registration, for: .registration, in: snapshot, at: context.now)
        }
        guard let grant else { throw Problem.registrationExpired }
        let words = [configuration.serviceName, "farebus", input.name.raw, input.rollNumber.raw]
        if let weakness = input.password.weakness(address: grant.address, words: words) {
            throw Problem.invalid("/password", weakness)
        }
        return try await passwords.hash(input.password, random: context.random, from: context.address)
    }

    func completeRegistration(
        _ input: CompleteRegistration.Input, passwordHash: String, in work: Work<Store.Transaction>
    ) throws -> SessionView {
        let now = work.context.now
        guard let grant = try grant(input.registration, for: .registration, in: work.tx, at: now) else {
            throw Problem.registrationExpired
        }
        try work.tx.remove(grant: grant.token)
        let account = Account(
            id: work.context.makeID(), email: grant.address, name: input.name.raw, rollNumber: input.rollNumber.raw,
            role: .rider, passwordHash: passwordHash, createdAt: now
        )
        try create(account, in: work)
        let device = input.remember == true ? try devices.remember(account.id, in: work) : nil
        return .opened(try sessions.open(for: account, in: work), device: device)
    }
}

import CommandBus
import Cryptography

extension CommandRegistry where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    mutating func registerRegistration(_ service: AuthService<Store>) {
        write(StartRegistration.self) { input, work in try service.startRegistration(input, in: work) }
        answer(VerifyRegistration.self) { input, context in
            try await service.runner.run(context) { work in try service.verifyRegistration(input, in: work) }.get()
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
        let address = input.email
        guard configuration.accepts(address) else {
            let domains = configuration.registrationDomains.sorted().joined(separator: ", ")
            throw Problem.invalid("/email", "must be an address of: \(domains)")
        }
        let sent =
            if try work.tx.account(email: address) == nil {
                try codes.send(.registration, to: address, account: nil, in: work) { code in
                    letters.registration(to: address, code)
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
            let now = work.context.now
            try work.tx.forgetRegistrationGrants(expiredBefore: now)
            let token = SecretToken(bytes: work.context.random.bytes(SecretToken.byteCount))
            let grant = RegistrationGrant(
                token: token.digest, address: challenge.address,
                expiresAt: now.adding(seconds: configuration.registrationLifetime)
            )
            try work.tx.insert(grant)
            return VerifyRegistration.Output(registration: token.text, expiresAt: grant.expiresAt)
        }
    }

    /// Checks what can be checked before the costly hash, and hashes the password.
    func prepareRegistration(_ input: CompleteRegistration.Input, _ context: CommandContext) async throws -> String {
        let digest = input.registration.digest
        let grant = try await store.read { try $0.registrationGrant(token: digest) }
        guard let grant, context.now < grant.expiresAt else { throw Problem.registrationExpired }
        let words = [configuration.serviceName, "farebus", input.name.raw, input.rollNumber.raw]
        if let weakness = input.password.weakness(address: grant.address, words: words) {
            throw Problem.invalid("/password", weakness)
        }
        return try await passwords.hash(input.password, random: context.random)
    }

    func completeRegistration(
        _ input: CompleteRegistration.Input, passwordHash: String, in work: Work<Store.Transaction>
    ) throws -> SessionView {
        let (tx, now) = (work.tx, work.context.now)
        guard let grant = try tx.registrationGrant(token: input.registration.digest), now < grant.expiresAt else {
            throw Problem.registrationExpired
        }
        try tx.remove(registrationGrant: grant.token)
        let account = Account(
            id: work.context.makeID(), email: grant.address, name: input.name.raw, rollNumber: input.rollNumber.raw,
            role: .rider, passwordHash: passwordHash, createdAt: now
        )
        try create(account, in: work)
        try remember(input.device, of: account.id, in: work)
        return .opened(try sessions.open(for: account, in: work))
    }
}

extension Result where Failure == Problem {
    /// Goes on with a success; what `transform` throws ends the unit of work.
    func flatMapThrowing<New>(_ transform: (Success) throws -> New) throws -> Result<New, Problem> {
        switch self {
        case .success(let value): .success(try transform(value))
        case .failure(let problem): .failure(problem)
        }
    }
}

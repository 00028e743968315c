import CommandBus

extension CommandRegistry where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    mutating func registerSessions(_ service: AuthService<Store>) {
        write(
            OpenSession.self,
            prepare: { input, _ in try await service.checkPassword(input) },
            perform: { input, checked, work in try service.openSession(input, checked: checked, in: work) }
        )
        answer(VerifySession.self) { input, context in
            try await service.runner.run(context) { work in try service.verifySession(input, in: work) }.get()
        }
        answer(ShowSession.self) { _, context in .current(try context.signedIn()) }
        write(RefreshSession.self) { _, work in
            .opened(try service.sessions.refresh(try work.context.signedIn(), in: work))
        }
        write(CloseSession.self) { _, work in
            try service.sessions.close(try work.context.signedIn(), in: work)
            return NoOutput()
        }
    }
}

extension AuthService {
    /// The account whose password was shown.
    func checkPassword(_ input: OpenSession.Input) async throws -> Account {
        let address = input.email
        let account = try await store.read { try $0.account(email: address) }
        guard try await passwords.check(input.password, of: account), let account else {
            throw Problem.invalidCredentials
        }
        try checkMaySignIn(account)
        return account
    }

    func openSession(
        _ input: OpenSession.Input, checked: Account, in work: Work<Store.Transaction>
    ) throws -> SessionView {
        // The password was checked outside the transaction: it may have been changed, or the account shut, meanwhile.
        guard let account = try work.tx.account(checked.id), account.passwordHash == checked.passwordHash else {
            throw Problem.invalidCredentials
        }
        try checkMaySignIn(account)
        if let device = input.device,
            try work.tx.knows(device: keys.digest(of: device, account: account.id), of: account.id)
        {
            try remember(device, of: account.id, in: work)
            return .opened(try sessions.open(for: account, in: work))
        }
        return .challenged(
            try codes.send(.signIn, to: account.email, account: account.id, in: work) { code in
                letters.signIn(to: account.email, code)
            }
        )
    }

    func verifySession(
        _ input: VerifySession.Input, in work: Work<Store.Transaction>
    ) throws -> Result<SessionView, Problem> {
        try codes.answer(input.challenge, for: .signIn, with: input.code, in: work).flatMapThrowing { challenge in
            guard let id = challenge.account, let account = try work.tx.account(id) else { throw Problem.codeExpired }
            try checkMaySignIn(account)
            try remember(input.device, of: account.id, in: work)
            return .opened(try sessions.open(for: account, in: work))
        }
    }
}

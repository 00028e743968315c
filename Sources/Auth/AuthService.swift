package import CommandBus
package import Cryptography

/// What accounts and sign-in need of the rest of the house.
package struct AuthService<Store: CommandStore>: Sendable
where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    let configuration: AuthConfiguration
    let keys: AuthKeys
    let passwords: PasswordDesk
    let codes: CodeDesk
    let authenticators: AuthenticatorDesk
    let factors: SecondFactorDesk
    let stepUps: StepUpDesk
    let devices: DeviceDesk
    package let guesses: GuessDesk
    let letters: AccountLetters
    package let sessions: SessionDesk
    let maintenance: MaintenanceSwitch
    let affairs: AccountAffairs<Store.Transaction>
    let store: Store
    let runner: WorkRunner<Store>

    /// - Parameters:
    ///   - store: where accounts are kept.
    ///   - publisher: tells the world about units of work.
    ///   - configuration: every number.
    ///   - keys: the server's own secret.
    ///   - hasher: hashes passwords.
    ///   - cache: the same cache that the ``SessionAuthenticator`` uses.
    ///   - guesses: bounds how often secrets are guessed.
    ///   - maintenance: the switch that shuts out riders.
    ///   - affairs: what other features keep for an account.
    package init(
        store: Store, publisher: WorkPublisher, configuration: AuthConfiguration, keys: AuthKeys, hasher: PasswordHasher,
        cache: any SessionCache, guesses: any GuessLimiter, maintenance: MaintenanceSwitch,
        affairs: AccountAffairs<Store.Transaction>
    ) {
        self.configuration = configuration
        self.keys = keys
        self.maintenance = maintenance
        self.affairs = affairs
        self.store = store
        passwords = PasswordDesk(hasher: hasher)
        let codes = CodeDesk(configuration: configuration, keys: keys)
        self.codes = codes
        let authenticators = AuthenticatorDesk(letters: AccountLetters(configuration), keys: keys)
        self.authenticators = authenticators
        factors = SecondFactorDesk(codes: codes, authenticators: authenticators, letters: CodeLetters(configuration))
        stepUps = StepUpDesk(lifetime: configuration.stepUpLifetime)
        devices = DeviceDesk(configuration: configuration, keys: keys)
        self.guesses = GuessDesk(
            limiter: guesses, rates: configuration.guesses, letters: configuration.codes.network, keys: keys
        )
        letters = AccountLetters(configuration)
        sessions = SessionDesk(configuration: configuration, cache: cache)
        runner = WorkRunner(store: store, publisher: publisher)
    }

    /// Makes an account and, for a rider, the wallet.
    package func create(_ account: Account, in work: Work<Store.Transaction>) throws {
        guard try work.tx.account(email: account.email) == nil else { throw Problem.accountExists }
        try work.tx.insert(account)
        if account.role == .rider {
            // Once a mailbox: whoever deletes an account and registers again would be given it without end.
            let isNew = try work.tx.noteWelcome(of: keys.digest(ofWelcomed: account.email), at: work.context.now)
            try affairs.openWallet(account.id, isNew, work)
        }
        try work.record("account.created", subject: account.id.raw, AccountEvent(role: account.role))
    }

    /// Refuses an account that may not sign in, once it is sure that its owner asks.
    func checkMaySignIn(_ account: Account) throws(Problem) {
        switch account.state {
        case .active: break
        case .suspended: throw .accountSuspended
        case .closed: throw .invalidCredentials
        }
        // Staff are let in to end the maintenance.
        let state = maintenance.current
        if state.on, account.role == .rider { throw .maintenance(state) }
    }
}

extension CommandRegistry where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    /// Registers the commands of accounts and sign-in.
    package mutating func registerAuth(_ service: AuthService<Store>) {
        registerRegistration(service)
        registerSessions(service)
        registerPasswordReset(service)
        registerStepUps(service)
        registerAccount(service)
        registerAuthenticator(service)
        registerRiders(service)
        registerStaff(service)
    }
}

/// What the event log keeps of an account.
struct AccountEvent: Encodable {
    let role: Role
}

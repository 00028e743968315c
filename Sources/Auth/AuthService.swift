package import CommandBus
package import Cryptography

/// What accounts and sign-in need of the rest of the house.
package struct AuthService<Store: CommandStore>: Sendable
where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    let configuration: AuthConfiguration
    let keys: AuthKeys
    let passwords: PasswordDesk
    let codes: CodeDesk
    let letters: CodeLetters
    package let sessions: SessionDesk
    let maintenance: MaintenanceSwitch
    let openWallet: @Sendable (AccountID, Work<Store.Transaction>) throws -> Void
    let store: Store
    let runner: WorkRunner<Store>

    /// - Parameters:
    ///   - store: where accounts are kept.
    ///   - publisher: tells the world about units of work.
    ///   - configuration: every number.
    ///   - keys: the server's own secret.
    ///   - hasher: hashes passwords.
    ///   - cache: the same cache that the ``SessionAuthenticator`` uses.
    ///   - maintenance: the switch that shuts out riders.
    ///   - openWallet: makes the wallet of a new rider, in the transaction that makes the account.
    package init(
        store: Store, publisher: WorkPublisher, configuration: AuthConfiguration, keys: AuthKeys, hasher: PasswordHasher,
        cache: any SessionCache, maintenance: MaintenanceSwitch,
        openWallet: @escaping @Sendable (AccountID, Work<Store.Transaction>) throws -> Void
    ) {
        self.configuration = configuration
        self.keys = keys
        self.maintenance = maintenance
        self.openWallet = openWallet
        self.store = store
        passwords = PasswordDesk(hasher: hasher)
        codes = CodeDesk(configuration: configuration, keys: keys)
        letters = CodeLetters(configuration)
        sessions = SessionDesk(configuration: configuration, cache: cache)
        runner = WorkRunner(store: store, publisher: publisher)
    }

    /// Makes an account and, for a rider, the wallet.
    package func create(_ account: Account, in work: Work<Store.Transaction>) throws {
        guard try work.tx.account(email: account.email) == nil else { throw Problem.accountExists }
        try work.tx.insert(account)
        if account.role == .rider { try openWallet(account.id, work) }
        try work.record("account.created", subject: account.id.raw, AccountEvent(role: account.role))
    }

    /// Remembers a device as one that has passed the second factor.
    func remember(_ device: DeviceSecret?, of account: AccountID, in work: Work<Store.Transaction>) throws {
        guard let device else { return }
        try work.tx.remember(
            device: keys.digest(of: device, account: account), of: account, at: work.context.now,
            keeping: configuration.devicesPerAccount
        )
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
    }
}

/// What the event log keeps of an account.
private struct AccountEvent: Encodable {
    let role: Role
}

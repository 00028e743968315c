package import CommandBus
package import Cryptography

/// Which accounts are wanted; nil for any.
package struct AccountQuery: Sendable {
    /// Without any role there is no account either.
    package var roles: Set<Role>
    package var state: AccountState?
    package var email: EmailAddress?
    package var rollNumber: String?
    /// Only accounts after this one, in the order of identifiers.
    package var after: AccountID?
    package var limit: Int

    package init(
        roles: Set<Role>, state: AccountState? = nil, email: EmailAddress? = nil, rollNumber: String? = nil,
        after: AccountID? = nil, limit: Int
    ) {
        self.roles = roles
        self.state = state
        self.email = email
        self.rollNumber = rollNumber
        self.after = after
        self.limit = limit
    }
}

/// What can be asked about accounts, on a snapshot and in a transaction.
package protocol AccountReads: PrincipalReads {
    func account(_ id: AccountID) throws -> Account?
    /// Whether there is any account at all.
    func hasAccounts() throws -> Bool
    func account(email: EmailAddress) throws -> Account?
    /// The accounts of a query, in the order of identifiers, which is that in which they were made.
    func accounts(_ query: AccountQuery) throws -> [Account]

    /// The session of a token, alive or not.
    func session(token: Digest256) throws -> StoredSession?
    /// A session under the newest of its tokens, alive or not: how that ended is how the session did.
    func session(id: SessionID) throws -> StoredSession?
    /// The session of an account that no other has ended; it may have expired.
    func openSession(of account: AccountID) throws -> StoredSession?
    /// The same of many accounts; those that have none are left out.
    func openSessions(of accounts: [AccountID]) throws -> [AccountID: StoredSession]
    /// The sessions of an account that are still remembered, the newest first.
    func sessions(of account: AccountID, limit: Int) throws -> [StoredSession]
    /// Every account that has open sessions, with how many; for checks.
    func openSessionTallies() throws -> [OpenSessionTally]

    /// The devices on which an account has passed the second factor, the one used last first.
    func devices(of account: AccountID) throws -> [RememberedDevice]
    func authenticator(of account: AccountID) throws -> AuthenticatorApp?

    func challenge(token: Digest256) throws -> CodeChallenge?
    /// When the codes of a budget were sent to an address, the latest first, at or after `start`. Those that an
    /// authenticator app makes are not sent.
    func codesSent(to address: EmailAddress, in budget: CodeBudget, since start: Timestamp) throws -> [Timestamp]
    /// The wrong answers to the codes of a budget that were sent to an address at or after `start`.
    func codeFailures(
        of address: EmailAddress, in budget: CodeBudget, since start: Timestamp
    ) throws -> (count: Int, firstSentAt: Timestamp?)

    func grant(token: Digest256) throws -> Grant?
    func stepUp(of session: SessionID, for purpose: StepUpPurpose) throws -> StepUp?
}

/// What a unit of work can do to accounts.
package protocol AccountRecords: AccountReads, PrincipalRecords {
    /// Adds an account; there must be none of its address.
    func insert(_ account: Account) throws
    /// Writes an account's address, name, roll number, role, state and password; the session epoch is left as it is. There
    /// must be no other account of its address.
    func update(_ account: Account) throws
    /// How many god admins are active. Units of work that ask meet, so that of two that each take one away the second sees
    /// what the first has done.
    func countActiveGodAdmins() throws -> Int

    /// Moves the session epoch of an account on, which no older session survives.
    ///
    /// - Returns: the new epoch.
    func advanceSessionEpoch(of account: AccountID) throws -> Int
    /// Adds a session; the account must have no open one.
    func insert(_ session: StoredSession) throws
    /// Ends the open session of an account, if there is one.
    func endOpenSession(of account: AccountID, as ending: StoredSession.Ending, at now: Timestamp) throws
    /// Moves the end of an open session that nobody uses.
    ///
    /// - Returns: false if there is no such open session.
    func extendIdleTime(of token: Digest256, until: Timestamp) throws -> Bool
    /// Forgets some of the sessions of an account that ended before `limit`: 32 at most.
    func forgetSessions(of account: AccountID, endedBefore limit: Timestamp) throws
    /// Forgets some of the tokens of an account that were refreshed, but not the newest ones: 32 at most.
    ///
    /// - Parameter count: how many are kept.
    func forgetRefreshedSessions(of account: AccountID, butNewest count: Int) throws

    /// Adds a device, or writes it anew. It holds the account; see ``hold(_:)``.
    func put(_ device: RememberedDevice) throws
    func forget(_ devices: [DeviceID], of account: AccountID) throws

    /// Adds an authenticator app, or writes it anew; an account has one at most.
    func put(_ authenticator: AuthenticatorApp) throws
    func removeAuthenticator(of account: AccountID) throws

    /// Adds a challenge. It holds the account, if there is one; see ``hold(_:)``.
    func insert(_ challenge: CodeChallenge) throws
    func recordFailure(of challenge: Digest256) throws
    func spend(challenge: Digest256) throws
    /// Forgets some of the codes that were sent before `limit`, so that they don't pile up.
    func forgetChallenges(sentBefore limit: Timestamp) throws

    /// Spends all challenges of an account and removes its grants, because of a new password: what the old one has begun
    /// ends nowhere. Wrong answers stay counted.
    func voidProofs(of account: AccountID) throws

    func insert(_ grant: Grant) throws
    func remove(grant token: Digest256) throws
    /// Forgets some of the grants that expired before `limit`.
    func forgetGrants(expiredBefore limit: Timestamp) throws

    /// Adds a step-up, or writes it anew; a session has one of a purpose at most.
    func put(_ stepUp: StepUp) throws
    func removeStepUp(of session: SessionID, for purpose: StepUpPurpose) throws
    /// Forgets some of the step-ups that expired before `limit`.
    func forgetStepUps(expiredBefore limit: Timestamp) throws

    /// Notes that an address is given the welcome credit, for good.
    ///
    /// - Parameter address: its keyed hash.
    /// - Returns: false if it was given it before.
    func noteWelcome(of address: Digest256, at now: Timestamp) throws -> Bool

    /// Forgets what names an account or its address beside the account itself: devices, the authenticator app, codes,
    /// grants, step-ups, and letters that were given up, also those to other addresses that its codes were sent to. Letters
    /// that are still to be sent are left.
    ///
    /// Of its sessions the newest is left, so that whoever comes with its token can be told what became of it.
    func eraseTraces(of account: AccountID, address: EmailAddress) throws
}

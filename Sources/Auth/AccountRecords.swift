package import CommandBus
package import Cryptography

/// What can be asked about accounts, on a snapshot and in a transaction.
package protocol AccountReads {
    func account(_ id: AccountID) throws -> Account?
    /// Whether there is any account at all.
    func hasAccounts() throws -> Bool
    func account(email: EmailAddress) throws -> Account?
    /// The addresses of the active accounts that have one of some roles.
    func addresses(of roles: Set<Role>) throws -> [EmailAddress]
    /// The session of a token, alive or not.
    func session(token: Digest256) throws -> StoredSession?
    /// The session of an account that no other has ended; it may have expired.
    func openSession(of account: AccountID) throws -> StoredSession?
    /// Every account that has open sessions, with how many; for checks.
    func openSessionTallies() throws -> [OpenSessionTally]
    /// Whether an account has signed in with two factors on a device before.
    func knows(device: Digest256, of account: AccountID) throws -> Bool
    func challenge(token: Digest256) throws -> CodeChallenge?
    func registrationGrant(token: Digest256) throws -> RegistrationGrant?
    /// When the codes of a purpose were sent to an address, the latest first, at or after `start`.
    func codesSent(to address: EmailAddress, for purpose: CodePurpose, since start: Timestamp) throws -> [Timestamp]
    /// The wrong answers to the codes of a purpose that were sent to an address at or after `start`.
    func codeFailures(
        of address: EmailAddress, for purpose: CodePurpose, since start: Timestamp
    ) throws -> (count: Int, firstSentAt: Timestamp?)
}

/// What a unit of work can do to accounts.
package protocol AccountRecords: AccountReads {
    /// Adds an account; there must be none of its address.
    func insert(_ account: Account) throws

    /// Moves the session epoch of an account on, which no older session survives.
    ///
    /// - Returns: the new epoch.
    func advanceSessionEpoch(of account: AccountID) throws -> Int
    /// Adds a session; the account must have no open one.
    func insert(_ session: StoredSession) throws
    /// Ends the open session of an account, if there is one.
    func endOpenSession(of account: AccountID, as ending: StoredSession.Ending, at now: Timestamp) throws
    /// Forgets the sessions of an account whose time was over before `limit`.
    func forgetSessions(of account: AccountID, expiredBefore limit: Timestamp) throws

    /// Remembers that an account has used a device, and forgets all but the `limit` that were used last.
    func remember(device: Digest256, of account: AccountID, at now: Timestamp, keeping limit: Int) throws

    func insert(_ challenge: CodeChallenge) throws
    func recordFailure(of challenge: Digest256) throws
    func spend(challenge: Digest256) throws
    /// Forgets some of the codes that were sent before `limit`, so that they don't pile up.
    func forgetChallenges(sentBefore limit: Timestamp) throws

    func insert(_ grant: RegistrationGrant) throws
    func remove(registrationGrant token: Digest256) throws
    /// Forgets some of the grants that expired before `limit`.
    func forgetRegistrationGrants(expiredBefore limit: Timestamp) throws
}

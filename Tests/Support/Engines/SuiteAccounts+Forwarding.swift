package import Auth
package import CommandBus
package import Cryptography

extension AccountReads where Self: SuiteReads {
    package func account(_ id: AccountID) throws -> Account? {
        try base.account(id)
    }

    package func hasAccounts() throws -> Bool {
        try base.hasAccounts()
    }

    package func account(email: EmailAddress) throws -> Account? {
        try base.account(email: email)
    }

    package func accounts(_ query: AccountQuery) throws -> [Account] {
        try base.accounts(query)
    }

    package func session(token: Digest256) throws -> StoredSession? {
        try base.session(token: token)
    }

    package func session(id: SessionID) throws -> StoredSession? {
        try base.session(id: id)
    }

    package func openSession(of account: AccountID) throws -> StoredSession? {
        try base.openSession(of: account)
    }

    package func openSessions(of accounts: [AccountID]) throws -> [AccountID: StoredSession] {
        try base.openSessions(of: accounts)
    }

    package func sessions(of account: AccountID, limit: Int) throws -> [StoredSession] {
        try base.sessions(of: account, limit: limit)
    }

    package func openSessionTallies() throws -> [OpenSessionTally] {
        try base.openSessionTallies()
    }

    package func devices(of account: AccountID) throws -> [RememberedDevice] {
        try base.devices(of: account)
    }

    package func authenticator(of account: AccountID) throws -> AuthenticatorApp? {
        try base.authenticator(of: account)
    }

    package func challenge(token: Digest256) throws -> CodeChallenge? {
        try base.challenge(token: token)
    }

    package func codesSent(
        to address: EmailAddress, in budget: CodeBudget, since start: Timestamp
    ) throws -> [Timestamp] {
        try base.codesSent(to: address, in: budget, since: start)
    }

    package func codeFailures(
        of address: EmailAddress, in budget: CodeBudget, since start: Timestamp
    ) throws -> (count: Int, firstSentAt: Timestamp?) {
        try base.codeFailures(of: address, in: budget, since: start)
    }

    package func grant(token: Digest256) throws -> Grant? {
        try base.grant(token: token)
    }

    package func stepUp(of session: SessionID, for purpose: StepUpPurpose) throws -> StepUp? {
        try base.stepUp(of: session, for: purpose)
    }
}

extension SuiteSnapshot: AccountReads {}

extension SuiteTransaction: AccountRecords {
    package func insert(_ account: Account) throws {
        try records.insert(account)
    }

    package func update(_ account: Account) throws {
        try records.update(account)
    }

    package func countActiveGodAdmins() throws -> Int {
        try records.countActiveGodAdmins()
    }

    package func hold(_ account: AccountID) throws {
        try records.hold(account)
    }

    package func advanceSessionEpoch(of account: AccountID) throws -> Int {
        try records.advanceSessionEpoch(of: account)
    }

    package func insert(_ session: StoredSession) throws {
        try records.insert(session)
    }

    package func endOpenSession(of account: AccountID, as ending: StoredSession.Ending, at now: Timestamp) throws {
        try records.endOpenSession(of: account, as: ending, at: now)
    }

    package func extendIdleTime(of token: Digest256, until: Timestamp) throws -> Bool {
        try records.extendIdleTime(of: token, until: until)
    }

    package func forgetSessions(of account: AccountID, endedBefore limit: Timestamp) throws {
        try records.forgetSessions(of: account, endedBefore: limit)
    }

    package func forgetRefreshedSessions(of account: AccountID, butNewest count: Int) throws {
        try records.forgetRefreshedSessions(of: account, butNewest: count)
    }

    package func put(_ device: RememberedDevice) throws {
        try records.put(device)
    }

    package func forget(_ devices: [DeviceID], of account: AccountID) throws {
        try records.forget(devices, of: account)
    }

    package func put(_ authenticator: AuthenticatorApp) throws {
        try records.put(authenticator)
    }

    package func removeAuthenticator(of account: AccountID) throws {
        try records.removeAuthenticator(of: account)
    }

    package func insert(_ challenge: CodeChallenge) throws {
        try records.insert(challenge)
    }

    package func recordFailure(of challenge: Digest256) throws {
        try records.recordFailure(of: challenge)
    }

    package func voidProofs(of account: AccountID) throws {
        try records.voidProofs(of: account)
    }

    package func spend(challenge: Digest256) throws {
        try records.spend(challenge: challenge)
    }

    package func forgetChallenges(sentBefore limit: Timestamp) throws {
        try records.forgetChallenges(sentBefore: limit)
    }

    package func insert(_ grant: Grant) throws {
        try records.insert(grant)
    }

    package func remove(grant token: Digest256) throws {
        try records.remove(grant: token)
    }

    package func forgetGrants(expiredBefore limit: Timestamp) throws {
        try records.forgetGrants(expiredBefore: limit)
    }

    package func noteWelcome(of address: Digest256, at now: Timestamp) throws -> Bool {
        try records.noteWelcome(of: address, at: now)
    }

    package func put(_ stepUp: StepUp) throws {
        try records.put(stepUp)
    }

    package func removeStepUp(of session: SessionID, for purpose: StepUpPurpose) throws {
        try records.removeStepUp(of: session, for: purpose)
    }

    package func forgetStepUps(expiredBefore limit: Timestamp) throws {
        try records.forgetStepUps(expiredBefore: limit)
    }

    package func eraseTraces(of account: AccountID, address: EmailAddress) throws {
        try records.eraseTraces(of: account, address: address)
    }
}

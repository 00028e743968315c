package import CommandBus
package import Cryptography

/// A session that was just opened, with the token that nobody can be told again.
package struct OpenedSession: Sendable {
    package let token: SecretToken
    package let principal: Principal
    /// Seconds after which it is over if nobody uses it; nil where that does not end it.
    package let idleSeconds: Int?
}

/// Opens and ends sessions, inside units of work. An account has one at most: the newest.
package struct SessionDesk: Sendable {
    let configuration: AuthConfiguration
    let cache: any SessionCache

    /// How many of an account's refreshed tokens are remembered. A client can refresh without end, and an older token is
    /// told that it is not known, which comes to the same for it.
    private static let refreshedTokens = 10

    package init(configuration: AuthConfiguration, cache: any SessionCache) {
        self.configuration = configuration
        self.cache = cache
    }

    /// Opens a session of an account and ends the one before it, in the same transaction; sockets, streams and caches
    /// are told before the caller is answered.
    package func open(for account: Account, in work: Work<some AccountRecords>) throws -> OpenedSession {
        try work.tx.endOpenSession(of: account.id, as: .replaced, at: work.context.now)
        try forgetEnded(of: account.id, in: work)
        let epoch = try work.tx.advanceSessionEpoch(of: account.id)
        let opened = try issue(id: work.context.makeID(), account: account.id, role: account.role, epoch: epoch, in: work)
        work.endSessions(of: account.id, except: epoch, reason: .replaced)
        try work.record("session.opened", subject: account.id.raw, SessionEvent(session: opened.principal.session))
        return opened
    }

    /// Gives a session a new token; the token that it had is dead. A rider's session has a new term with it. That of staff
    /// ends when it would have: no more than so many hours may pass without a sign-in.
    ///
    /// - Parameter token: the token that the session was shown by; nil where there is none to compare.
    func refresh(
        _ principal: Principal, token: Digest256?, in work: Work<some AccountRecords>
    ) throws -> OpenedSession {
        let session = try live(principal, in: work)
        // Of two refreshes of one token at once the second comes with a dead one: it must not end what the first was given.
        if let token, token != session.token { throw StoredSession.Ending.refreshed.problem }
        try work.tx.endOpenSession(of: session.account, as: .refreshed, at: work.context.now)
        try work.tx.forgetRefreshedSessions(of: session.account, butNewest: Self.refreshedTokens)
        try forgetEnded(of: session.account, in: work)
        let opened = try issue(
            id: session.id, account: session.account, role: session.role, epoch: session.epoch,
            until: session.role == .rider ? nil : session.expiresAt, in: work
        )
        let cache = cache
        work.beforeAnswer { await cache.forget(session.token, of: session.account) }
        return opened
    }

    /// Ends a session at its owner's wish.
    func close(_ principal: Principal, in work: Work<some AccountRecords>) throws {
        let session = try live(principal, in: work)
        try work.tx.endOpenSession(of: session.account, as: .closed, at: work.context.now)
        // What is derived from the epoch, such as a boarding pass, dies with the session.
        _ = try work.tx.advanceSessionEpoch(of: session.account)
        work.endSessions(of: session.account, except: nil, reason: .closed)
        try work.record("session.closed", subject: session.account.raw, SessionEvent(session: session.id))
    }

    /// Ends whatever session an account has, because it may no longer be used as it was.
    func revoke(_ account: AccountID, in work: Work<some AccountRecords>) throws {
        try work.tx.endOpenSession(of: account, as: .revoked, at: work.context.now)
        _ = try work.tx.advanceSessionEpoch(of: account)
        work.endSessions(of: account, except: nil, reason: .revoked)
    }

    /// The session of a principal, if it lives still: a newer one may have been opened since the token was checked.
    private func live(_ principal: Principal, in work: Work<some AccountRecords>) throws -> StoredSession {
        let now = work.context.now
        guard let session = try work.tx.openSession(of: principal.account), session.isOf(principal) else {
            throw try work.tx.ending(of: principal).problem
        }
        if session.isOver(at: now) { throw Problem.sessionExpired }
        return session
    }

    /// Forgets some of the sessions that ended too long ago for anybody to ask what became of them.
    private func forgetEnded(of account: AccountID, in work: Work<some AccountRecords>) throws {
        let limit = work.context.now.adding(seconds: -configuration.endedSessionMemory)
        try work.tx.forgetSessions(of: account, endedBefore: limit)
    }

    /// - Parameter end: when it ends; nil for a whole term from now.
    private func issue(
        id: SessionID, account: AccountID, role: Role, epoch: Int, until end: Timestamp? = nil,
        in work: Work<some AccountRecords>
    ) throws -> OpenedSession {
        let now = work.context.now
        let token = SecretToken(bytes: work.context.random.bytes(SecretToken.byteCount))
        let idleSeconds = configuration.idleTime(of: role)
        let session = StoredSession(
            token: token.digest, id: id, account: account, role: role, epoch: epoch, issuedAt: now,
            expiresAt: end ?? now.adding(seconds: configuration.sessionLifetime(of: role)),
            idleUntil: idleSeconds.map { now.adding(seconds: $0) }
        )
        try work.tx.insert(session)
        return OpenedSession(token: token, principal: session.principal, idleSeconds: idleSeconds)
    }
}

/// What the event log keeps of a session.
private struct SessionEvent: Encodable {
    let session: SessionID
}

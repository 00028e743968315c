package import CommandBus
import Cryptography

/// Finds out who a token belongs to: from the cache, or from the store.
package struct SessionAuthenticator<Store: CommandStore>: Authenticator
where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    private let store: Store
    private let cache: any SessionCache
    private let clock: any WallClock
    private let guesses: GuessDesk
    private let configuration: AuthConfiguration

    /// How long a session whose use could not be written is not written again, in seconds.
    private static var pauseAfterFailure: Int { 5 }

    /// - Parameters:
    ///   - service: its configuration, and its budgets of guesses, as tokens can be guessed too.
    ///   - store: has the last word.
    ///   - cache: is told of every end of a session from now on, before whoever caused it is answered.
    ///   - ends: tells the ends of sessions.
    ///   - clock: the time by which sessions expire.
    package init(
        _ service: AuthService<some CommandStore>, store: Store, cache: any SessionCache, ends: SessionEnds,
        clock: any WallClock
    ) {
        self.store = store
        self.cache = cache
        self.clock = clock
        guesses = service.guesses
        configuration = service.configuration
        ends.observe(beforeAnswer: { await cache.forget($0) })
    }

    package func authenticate(token: String, from address: String, use: TokenUse) async throws -> Principal {
        // What can't be a token is not worth a question to the store.
        guard let digest = SecretToken.digest(ofShown: token) else { throw Problem.notSignedIn }
        let now = clock.now()
        switch await cache.lookup(digest, at: now) {
        case .found(let principal):
            guard now < principal.expiresAt else { throw Problem.sessionExpired }
            return principal
        case .missing(let mark):
            guard let session = try await store.read({ try $0.session(token: digest) }) else {
                // Counted only now: whoever has a good token must not pay for a neighbour who makes tokens up.
                _ = try await guesses.token(from: address, at: now)
                throw Problem.notSignedIn
            }
            let term = try liveTerm(of: session, at: now)
            // What is no use of the session puts its end off no further, and the cache forgets it when a use is to be written.
            let askAgainAt =
                switch use {
                case .command: try await noteUse(term, at: now)
                case .feed: term.askAgainAt(idleUntil: session.idleUntil)
                }
            await cache.insert(session.principal, for: digest, readAfter: mark, until: askAgainAt, at: now)
            return session.principal
        }
    }

    /// - Throws: what became of a session that is over.
    private func liveTerm(of session: StoredSession, at now: Timestamp) throws(Problem) -> SessionTerm {
        if let ending = session.ending { throw ending.problem }
        if session.isOver(at: now) { throw .sessionExpired }
        return SessionTerm(session: session, idleSeconds: configuration.idleTime(of: session.role))
    }

    /// Writes that a session is used, if that is due.
    ///
    /// - Returns: when the store has to be asked again.
    /// - Throws: what became of the session, if it has ended meanwhile.
    private func noteUse(_ term: SessionTerm, at now: Timestamp) async throws -> Timestamp {
        guard let idleEnd = term.newIdleEnd(usedAt: now) else {
            return term.askAgainAt(idleUntil: term.session.idleUntil)
        }
        let token = term.session.token
        let written: StoredSession?
        do {
            let unit = TransactionUnit<Store.Transaction, StoredSession?>(perform: { tx in
                guard let session = try tx.session(token: token) else { return nil }
                // Of requests that come at once the first one writes.
                if session.ending == nil, session.idleUntil == term.session.idleUntil {
                    _ = try tx.extendIdleTime(of: token, until: idleEnd)
                }
                return session
            })
            written = try await store.transact(unit)
        } catch {
            // A store that takes nothing now may answer questions: what can be done without it is done. The session lives
            // by what is written, and no longer.
            return min(now.adding(seconds: Self.pauseAfterFailure), term.session.idleUntil ?? idleEnd)
        }
        guard let written else { throw Problem.notSignedIn }
        return try liveTerm(of: written, at: now).askAgainAt(idleUntil: idleEnd)
    }
}

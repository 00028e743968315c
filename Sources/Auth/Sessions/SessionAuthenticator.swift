package import CommandBus
import Cryptography

/// Finds out who a token belongs to: from the cache, or from the store.
package struct SessionAuthenticator<Store: CommandStore>: Authenticator where Store.Snapshot: AccountReads {
    private let store: Store
    private let cache: any SessionCache
    private let clock: any WallClock

    /// - Parameters:
    ///   - store: has the last word.
    ///   - cache: is told of every end of a session from now on, before whoever caused it is answered.
    ///   - ends: tells the ends of sessions.
    ///   - clock: the time by which sessions expire.
    package init(store: Store, cache: any SessionCache, ends: SessionEnds, clock: any WallClock) {
        self.store = store
        self.cache = cache
        self.clock = clock
        ends.observe(beforeAnswer: { await cache.forget($0) })
    }

    package func authenticate(token: String) async throws -> Principal {
        // What can't be a token is not worth a question to the store.
        guard let digest = SecretToken.digest(ofShown: token) else { throw Problem.notSignedIn }
        let now = clock.now()
        switch await cache.lookup(digest, at: now) {
        case .found(let principal):
            guard now < principal.expiresAt else { throw Problem.sessionExpired }
            return principal
        case .missing(let mark):
            let session = try await store.read { try $0.session(token: digest) }
            guard let session else { throw Problem.notSignedIn }
            switch session.ending {
            case .replaced: throw Problem.sessionReplaced
            case .closed, .refreshed, .revoked: throw Problem.sessionExpired
            case nil: break
            }
            guard now < session.expiresAt else { throw Problem.sessionExpired }
            await cache.insert(session.principal, for: digest, readAfter: mark, at: now)
            return session.principal
        }
    }
}

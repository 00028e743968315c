package import CommandBus
package import Cryptography

/// Remembers live sessions by the hash of their token, so that not every command asks the store.
///
/// It is only a cache: it may lose anything at any moment, and must never keep what has ended. That is harder than it
/// looks, because a session may end while it is being read; see ``insert(_:for:readAfter:until:at:)``.
package protocol SessionCache: Sendable {
    /// The session of a token, or the mark that what is read from the store from now on must be inserted with.
    func lookup(_ token: Digest256, at now: Timestamp) async -> SessionLookup
    /// Remembers a session that was read from the store, unless a session of its account has ended since the mark was
    /// taken: what was read may be what has ended.
    ///
    /// - Parameter limit: from when on it is not found any more by whoever looks by that time; see ``SessionTerm``.
    func insert(
        _ principal: Principal, for token: Digest256, readAfter mark: SessionReadMark, until limit: Timestamp,
        at now: Timestamp
    ) async
    /// Forgets one token. When it returns, the token is not found any more, by any instance. A cache that can't be
    /// reached waits until nothing it holds can be trusted any more.
    func forget(_ token: Digest256, of account: AccountID) async
    /// Forgets the sessions that have ended. When it returns, none of them is found any more, by any instance. A cache
    /// that can't be reached waits until nothing it holds can be trusted any more.
    func forget(_ end: SessionEnd) async
    /// Forgets all sessions, as any may have ended without anybody knowing. Nothing need be done where what was read is
    /// not kept for more than some seconds.
    func forgetAll() async
}

extension SessionCache {
    /// Remembers a session until it expires.
    package func insert(
        _ principal: Principal, for token: Digest256, readAfter mark: SessionReadMark, at now: Timestamp
    ) async {
        await insert(principal, for: token, readAfter: mark, until: principal.expiresAt, at: now)
    }

    package func forgetAll() async {}
}

package enum SessionLookup: Sendable {
    case found(Principal)
    case missing(SessionReadMark)
}

/// A moment in the order in which sessions end, as the cache that gave it counts them.
package struct SessionReadMark: Sendable {
    package let value: UInt64

    package init(value: UInt64) {
        self.value = value
    }
}

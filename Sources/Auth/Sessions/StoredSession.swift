package import CommandBus
package import Cryptography

/// A session as the store keeps it: by the hash of its token, and for some time after its end, so that whoever comes
/// with its token can be told what became of it.
package struct StoredSession: Sendable, Equatable {
    /// Why a token stopped being good before its time.
    package enum Ending: String, Sendable, CaseIterable {
        /// A newer sign-in took its place.
        case replaced
        /// Its owner signed out.
        case closed
        /// The same session goes on under a newer token.
        case refreshed
        /// The account was suspended or closed, or its password changed.
        case revoked
    }

    package let token: Digest256
    /// Stays the same when the token is refreshed.
    package let id: SessionID
    package let account: AccountID
    /// The role of the account when the session was opened.
    package let role: Role
    package let epoch: Int
    package let issuedAt: Timestamp
    package let expiresAt: Timestamp
    /// When it ends because nobody uses it; nil where that does not end it.
    package let idleUntil: Timestamp?
    /// Nil while it lives.
    package let ending: Ending?

    package init(
        token: Digest256, id: SessionID, account: AccountID, role: Role, epoch: Int, issuedAt: Timestamp,
        expiresAt: Timestamp, idleUntil: Timestamp? = nil, ending: Ending? = nil
    ) {
        self.token = token
        self.id = id
        self.account = account
        self.role = role
        self.epoch = epoch
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.idleUntil = idleUntil
        self.ending = ending
    }

    /// Whether this is the session of a principal, under whatever token.
    func isOf(_ principal: Principal) -> Bool {
        id == principal.session && epoch == principal.epoch
    }

    /// Whether its time is over: its term, or that which it may go unused.
    package func isOver(at now: Timestamp) -> Bool {
        now >= expiresAt || idleUntil.map { now >= $0 } ?? false
    }

    package var principal: Principal {
        Principal(account: account, role: role, session: id, epoch: epoch, expiresAt: expiresAt)
    }
}

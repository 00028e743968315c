/// Who may do what.
package enum Role: String, WireEnum {
    case rider
    case conductor
    case developer
    case godAdmin = "god_admin"
}

/// Who is asking, as a live session shows.
package struct Principal: Codable, Sendable, Hashable {
    package let account: AccountID
    package let role: Role
    package let session: SessionID
    /// The account's count of sign-ins; a session of an older one is dead.
    package let epoch: Int
    package let expiresAt: Timestamp

    package init(account: AccountID, role: Role, session: SessionID, epoch: Int, expiresAt: Timestamp) {
        self.account = account
        self.role = role
        self.session = session
        self.epoch = epoch
        self.expiresAt = expiresAt
    }
}

/// Finds out who a token belongs to.
package protocol Authenticator: Sendable {
    /// - Parameters:
    ///   - token: the session token as the client sent it.
    ///   - address: the network address of the client, as tokens can be guessed.
    ///   - use: what it is shown for.
    /// - Throws: ``Problem/notSignedIn``, ``Problem/sessionExpired``, ``Problem/sessionReplaced``,
    ///   ``Problem/sessionRevoked``, ``Problem/storeUnavailable``, or that too many unknown tokens came from the address:
    ///   never a wrong answer.
    func authenticate(token: String, from address: String, use: TokenUse) async throws -> Principal
}

/// What a token is shown for.
package enum TokenUse: Sendable {
    /// A command: whoever sends it uses the session.
    case command
    /// A socket or a stream that is opened, or the ticket for one: a page does so by itself for hours while nobody is there.
    case feed
}

/// The end of an account's sessions, told to whatever lives longer than a request: sockets, streams, caches.
package struct SessionEnd: Codable, Sendable, Equatable {
    package enum Reason: String, Codable, Sendable {
        /// A newer sign-in.
        case replaced
        /// The session was closed by its owner.
        case closed
        /// The account was suspended, revoked or deleted, or its password changed.
        case revoked
        /// Its time is over: its term, or that which a session may go unused.
        case expired
    }

    package let account: AccountID
    /// The session epoch that lives on, if any.
    package let survivingEpoch: Int?
    package let reason: Reason

    package init(account: AccountID, survivingEpoch: Int?, reason: Reason) {
        self.account = account
        self.survivingEpoch = survivingEpoch
        self.reason = reason
    }

    /// Whether a session of `principal` is over.
    package func ends(_ principal: Principal) -> Bool {
        principal.account == account && principal.epoch != survivingEpoch
    }

    // Short, as it goes from instance to instance; see ``WorkNews``.
    private enum CodingKeys: String, CodingKey {
        case account = "a"
        case survivingEpoch = "e"
        case reason = "r"
    }
}

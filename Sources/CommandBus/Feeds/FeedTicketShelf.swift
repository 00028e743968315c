package import Cryptography

/// Where feed tickets lie until they are spent: in memory, or where every instance can reach them.
package protocol FeedTicketShelf: Sendable {
    /// Puts a ticket down.
    ///
    /// - Parameters:
    ///   - digest: the hash of the ticket, by which it is taken again.
    ///   - ticket: what it stands for.
    ///   - life: for how many seconds it lies there at most, at least 1.
    ///   - now: the time of the call. A shelf that has its own clock goes by that.
    /// - Throws: ``Problem``: the shelf is full, or can't be reached.
    func put(_ digest: Digest256, _ ticket: StoredTicket, life: Int, at now: Timestamp) async throws(Problem)

    /// Takes a ticket, which is then gone: of all who come with it, one gets it.
    ///
    /// It may still give out the ticket of a session that has ended; who takes it has to make sure.
    ///
    /// - Returns: nil if it is unknown, was taken, or has expired.
    /// - Throws: ``Problem``: the shelf can't be reached.
    func take(_ digest: Digest256, at now: Timestamp) async throws(Problem) -> StoredTicket?
}

/// What a feed ticket stands for.
package struct StoredTicket: Codable, Sendable, Equatable {
    /// The session of who asked for it.
    package let principal: Principal
    package let expiresAt: Timestamp

    package init(principal: Principal, expiresAt: Timestamp) {
        self.principal = principal
        self.expiresAt = expiresAt
    }
}

/// Gives out leases: of all instances one at a time is to do a job.
///
/// A lease is an economy, not a guarantee: a holder that was paused may come back after its lease has gone to another,
/// and not know. What makes sure that such a one changes nothing more is the fence in the store; see ``FenceRecords``.
package protocol LeaseDesk: Sendable {
    /// Takes the lease of a job.
    ///
    /// - Parameters:
    ///   - job: the name of the job.
    ///   - floor: the highest token that the caller knows of; the new one is higher, even if the desk has lost its memory.
    ///   - life: how long the lease lasts unless it is renewed; at least a millisecond.
    /// - Returns: nil if another holds it.
    /// - Throws: what keeps the desk from answering; the lease may then be nobody's until `life` has passed.
    func acquire(_ job: String, above floor: Int64, for life: Duration) async throws -> Lease?

    /// Makes a lease last for `life` from now.
    ///
    /// - Returns: false if it has ended, and may be another's by now.
    /// - Throws: what keeps the desk from answering.
    func renew(_ lease: Lease, for life: Duration) async throws -> Bool

    /// Gives a lease back, so that nobody has to wait for its end. Never fails: it ends by itself.
    func release(_ lease: Lease) async
}

/// The right to do a job for a while.
package struct Lease: Sendable, Equatable {
    package let job: String
    /// Strictly increasing from one lease of a job to the next: the later one has the higher token.
    ///
    /// - SeeAlso: Kleppmann, "How to do distributed locking", 2016, on fencing tokens.
    package let token: Int64
    /// Names the holder; no two leases have the same.
    package let holder: String

    package init(job: String, token: Int64, holder: String) {
        self.job = job
        self.token = token
        self.holder = holder
    }
}

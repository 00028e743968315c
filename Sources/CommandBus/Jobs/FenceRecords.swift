/// The store's side of leases: for each job the token of the lease that was last let in.
///
/// A new holder raises the fence before it does anything; each of its units of work passes the fence in its own
/// transaction. So a holder whose lease has gone to another is found out by the store itself, however long it was away,
/// and whatever the desk or a clock says.
package protocol FenceRecords {
    /// The token of the newest lease that was let in; 0 if there was none.
    func fence(of job: String) throws -> Int64

    /// Lets in the lease of a token, and shuts out all before it.
    ///
    /// - Returns: false if the fence is as high already, or higher; nothing is changed then.
    func raiseFence(of job: String, to token: Int64) throws -> Bool

    /// Passes the fence inside the transaction of a unit of work. It writes, so that a raise at the same time and this
    /// unit can't both be committed as if the other were not there.
    ///
    /// - Returns: false if another token than this one was let in last.
    func passFence(of job: String, token: Int64) throws -> Bool
}

/// Another instance has taken the job over: nothing of the unit of work was kept.
package struct FencedOut: Error, Equatable, CustomStringConvertible {
    package let job: String

    package init(job: String) {
        self.job = job
    }

    package var description: String { "another instance has taken over the job '\(job)'" }
}

/// A lease was not renewed, or could not be in time: another instance may have the job by now.
package struct LeaseLost: Error, Equatable, CustomStringConvertible {
    package let job: String

    package var description: String { "the lease of the job '\(job)' has ended" }
}

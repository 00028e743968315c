/// What a unit of work can ask about who is asking.
package protocol PrincipalReads {
    /// Makes sure that a session has not been ended, and its account not been shut.
    ///
    /// - Throws: ``Problem/Code/sessionReplaced`` or another problem of status 401.
    func requireLive(_ principal: Principal) throws
}

extension Work where Transaction: PrincipalReads {
    /// Who is asking, still signed in at this very moment.
    ///
    /// A token is checked before its unit of work begins, and the work may wait for its turn: meanwhile a newer sign-in may
    /// have ended the session, or the account may have been suspended or deleted. What makes something for an account asks
    /// here, in its transaction, so that nothing is made for a session that was over before it.
    ///
    /// - Throws: a problem of status 401.
    package func caller() throws -> Principal {
        let principal = try context.signedIn()
        try tx.requireLive(principal)
        return principal
    }
}

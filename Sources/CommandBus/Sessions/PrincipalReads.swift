/// What a unit of work can ask about who is asking.
package protocol PrincipalReads {
    /// Makes sure that a session has not been ended, and its account not been shut.
    ///
    /// - Throws: ``Problem/Code/sessionReplaced`` or another problem of status 401.
    func requireLive(_ principal: Principal) throws
}

/// What a unit of work can do about who is asking.
package protocol PrincipalRecords: PrincipalReads {
    /// Has this unit of work meet all others that hold the same account, change it, or open or end a session of it: what it
    /// has read of the account is so still when it is committed. Nothing is changed, and the account need not exist.
    func hold(_ account: AccountID) throws
}

extension Work where Transaction: PrincipalRecords {
    /// Who is asking, signed in at this very moment and for as long as this unit of work goes on; for what staff do to others,
    /// which shares nothing else with what takes their right away.
    ///
    /// - Throws: a problem of status 401.
    package func heldCaller() throws -> Principal {
        let principal = try caller()
        try tx.hold(principal.account)
        return principal
    }
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

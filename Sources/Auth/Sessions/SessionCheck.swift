package import CommandBus

/// Rechecks that no account has two live sessions.
package enum SessionCheck {
    /// - Returns: every finding in words, none if all is well; and how many sessions are open.
    package static func run(_ accounts: some AccountReads) throws -> (findings: [String], sessions: Int) {
        let tallies = try accounts.openSessionTallies()
        let findings = tallies.compactMap { tally -> String? in
            if tally.sessions > 1 { return "account \(tally.account): it has \(tally.sessions) live sessions" }
            if tally.newestEpoch != tally.accountEpoch {
                return
                    "account \(tally.account): its live session is of epoch \(tally.newestEpoch), not \(tally.accountEpoch)"
            }
            return nil
        }
        return (findings, tallies.reduce(0) { $0 + $1.sessions })
    }
}

/// The sessions of an account that nothing has ended.
package struct OpenSessionTally: Sendable {
    package let account: AccountID
    package let sessions: Int
    package let newestEpoch: Int
    package let accountEpoch: Int

    package init(account: AccountID, sessions: Int, newestEpoch: Int, accountEpoch: Int) {
        self.account = account
        self.sessions = sessions
        self.newestEpoch = newestEpoch
        self.accountEpoch = accountEpoch
    }
}

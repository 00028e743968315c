import CommandBus

/// Grants step-ups and takes them, inside units of work.
struct StepUpDesk: Sendable {
    /// Seconds that a step-up waits for its command.
    let lifetime: Int

    /// Gives a session the right to one command of a purpose. One that it has already is replaced, not added to.
    ///
    /// - Returns: when it is over.
    func grant(
        _ purpose: StepUpPurpose, to principal: Principal, in work: Work<some AccountRecords>
    ) throws -> Timestamp {
        let now = work.context.now
        try work.tx.forgetStepUps(expiredBefore: now)
        let expiresAt = now.adding(seconds: lifetime)
        try work.tx.put(
            StepUp(session: principal.session, purpose: purpose, account: principal.account, expiresAt: expiresAt)
        )
        return expiresAt
    }

    /// Uses up the step-up of the caller's session.
    ///
    /// - Throws: ``Problem/Code/stepUpRequired``; nothing is changed then.
    func spend(_ purpose: StepUpPurpose, in work: Work<some AccountRecords>) throws {
        let principal = try work.context.signedIn()
        guard let found = try work.tx.stepUp(of: principal.session, for: purpose), found.account == principal.account,
            found.expiresAt.isEnd(of: lifetime, ahead: work.context.now)
        else { throw Problem.stepUpRequired(purpose) }
        try work.tx.removeStepUp(of: principal.session, for: purpose)
    }
}

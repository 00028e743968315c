package import CommandBus

extension AccountReads {
    /// Whatever opens, closes or revokes a session moves the epoch of its account on; see ``SessionDesk``.
    package func requireLive(_ principal: Principal) throws {
        let account = try account(principal.account)
        if let account, account.sessionEpoch == principal.epoch, account.state == .active { return }
        throw try ending(of: principal).problem
    }

    /// How a session ended that does not live any more.
    func ending(of principal: Principal) throws -> StoredSession.Ending {
        if let session = try session(id: principal.session), session.isOf(principal), let ending = session.ending {
            return ending
        }
        // It ended so long ago that it was forgotten. If nobody has shut the account, its owner has signed in since.
        guard let account = try account(principal.account), account.state == .active else { return .revoked }
        return account.sessionEpoch > principal.epoch ? .replaced : .revoked
    }
}

package import CommandBus

extension AccountReads {
    /// Whatever opens, closes or revokes a session moves the epoch of its account on; see ``SessionDesk``.
    package func requireLive(_ principal: Principal) throws {
        let account = try account(principal.account)
        if let account, account.sessionEpoch == principal.epoch, account.state == .active { return }
        let ended = try sessions(of: principal.account, limit: 20).first { $0.isOf(principal) }
        switch ended?.ending {
        case .replaced: throw Problem.sessionReplaced
        case .closed: throw Problem.sessionExpired
        case .revoked, .refreshed, nil: throw Problem.sessionRevoked
        }
    }
}

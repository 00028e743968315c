import CommandBus

/// What an ending is called, by whoever has to say it.
extension StoredSession.Ending {
    /// What is told to whoever comes with the session's token.
    var problem: Problem {
        switch self {
        case .replaced: .sessionReplaced
        case .revoked: .sessionRevoked
        case .closed, .refreshed: .sessionExpired
        }
    }

    /// What is told to whatever was opened for the session.
    var reason: SessionEnd.Reason {
        switch self {
        case .replaced: .replaced
        case .revoked: .revoked
        case .closed: .closed
        case .refreshed: .expired
        }
    }
}

import CommandBus

/// Why a stream ends, as its last event tells.
enum StreamEnd: String, Sendable {
    /// The server is being stopped.
    case drain
    /// It has lived long enough; the reader may go on at once.
    case age
    case sessionExpired = "session_expired"
    case sessionReplaced = "session_replaced"
    case sessionClosed = "session_closed"
    case sessionRevoked = "session_revoked"

    init(_ end: SessionEnd) {
        self =
            switch end.reason {
            case .replaced: .sessionReplaced
            case .closed: .sessionClosed
            case .revoked: .sessionRevoked
            case .expired: .sessionExpired
            }
    }

    /// When the reader should come back, in milliseconds; nil if it should not by itself.
    ///
    /// Drawn for each reader, so that they don't come back all at once.
    var retry: Int? {
        switch self {
        case .drain: Int.random(in: 1000...15_000)
        case .age: Int.random(in: 100...2000)
        case .sessionExpired, .sessionReplaced, .sessionClosed, .sessionRevoked: nil
        }
    }
}

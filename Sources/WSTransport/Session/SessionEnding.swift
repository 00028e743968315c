import CommandBus

/// How a session ends: what it says last, and what is answered to frames that come until then.
struct SessionEnding {
    let code: CloseCode
    let reason: String
    /// The reason and the milliseconds to wait, for a client that should come back.
    var bye: (reason: String, retry: Int64)?
    let refusal: Problem

    /// Whether it is the session that is over, and not only this connection.
    var isOfSession: Bool { code == .sessionEnded || code == .sessionExpired }

    /// The server stops; the client comes back at a time of its own.
    static func drain(retry: Int64) -> SessionEnding {
        SessionEnding(code: .restart, reason: "drain;retry=\(retry)", bye: ("drain", retry), refusal: .socketEnds)
    }

    static func age(retry: Int64) -> SessionEnding {
        SessionEnding(code: .goingAway, reason: "age;retry=\(retry)", bye: ("age", retry), refusal: .socketEnds)
    }

    static let expired = SessionEnding(code: .sessionExpired, reason: "the session has expired", refusal: .sessionExpired)
    static let anonymous = SessionEnding(code: .sessionExpired, reason: "no session was attached", refusal: .notSignedIn)
    static let rate = SessionEnding(code: .rate, reason: "too many refused frames", refusal: .socketEnds)
    static let accountIsFull = SessionEnding(
        code: .tooManyConnections, reason: "too many connections of this account", refusal: .tooManyConnections
    )

    static func ended(_ end: SessionEnd) -> SessionEnding {
        func ending(_ refusal: Problem) -> SessionEnding {
            SessionEnding(code: .sessionEnded, reason: "the session was \(end.reason.rawValue)", refusal: refusal)
        }
        return switch end.reason {
        case .replaced: ending(.sessionReplaced)
        case .revoked: ending(.sessionRevoked)
        case .closed: ending(.sessionExpired)
        case .expired: .expired
        }
    }

    /// The token of the upgrade was not good.
    static func refused(_ problem: Problem) -> SessionEnding {
        let code: CloseCode =
            switch problem.code {
            case .sessionReplaced, .sessionRevoked: .sessionEnded
            case .sessionExpired, .notSignedIn: .sessionExpired
            // Nothing is known about the token: the client should try again.
            default: .overload
            }
        return SessionEnding(code: code, reason: problem.code.title, refusal: problem)
    }
}

extension Problem.Code {
    static let tooManyConnections = Self(
        "too_many_connections", status: 429, title: "Too many connections", retry: .after
    )
}

extension Problem {
    static let tooManyConnections = Problem(.tooManyConnections, "The account has too many open sockets.", retryAfter: 30)
    static let socketEnds = Problem(
        .stopping, "This connection is about to close, and the command was not run: send it again on the next one.",
        retryAfter: 1
    )
}

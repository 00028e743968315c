import Logging

/// Answers 503 with the reason while the server, or the part of it that the command needs, is shut.
struct MaintenanceInterceptor: Interceptor {
    let maintenance: MaintenanceSwitch

    func intercept(_ call: CommandCall, next: Next) async throws -> CommandReply {
        let state = maintenance.current
        guard state.refuses(call.entry) else { return try await next(call) }
        let problem = Problem.maintenance(state)
        // A first answer that was given while money moved is given again: it moves nothing. A store that takes nothing
        // is not asked for it: looking is part of its transaction.
        guard state.level == .moneyStopped, call.key != nil, call.entry.idempotency != .none else { throw problem }
        var call = call
        call.gate = problem
        return try await next(call)
    }
}

extension MaintenanceState {
    /// Whether a command is refused in this state.
    fileprivate func refuses(_ entry: CommandEntry) -> Bool {
        guard entry.availability == .shutInMaintenance else { return false }
        switch level {
        case .open: return false
        case .moneyStopped: return entry.movesMoney
        case .writesStopped: return entry.changesSomething
        case .shut: return true
        }
    }
}

extension CommandEntry {
    /// Whether it needs the store to take something; a code that is mailed is in the store first.
    fileprivate var changesSomething: Bool {
        idempotency != .none || cost == .write || cost == .credential
    }
}

extension Problem {
    package static func maintenance(_ state: MaintenanceState) -> Problem {
        Problem(.maintenance, state.reason.isEmpty ? "The server is in maintenance." : state.reason, retryAfter: 60)
    }
}

/// Finds out who is asking. A token that is sent must be good, even where none is needed.
///
/// It also logs what looks like somebody who tries what they may not: here it is known who that is. The limits of rates, which
/// come after it, bound how much there can be of it; a token that is refused comes before them, and is not logged.
struct AuthenticationInterceptor: Interceptor {
    let authenticator: any Authenticator
    let logger: Logger

    func intercept(_ call: CommandCall, next: Next) async throws -> CommandReply {
        var call = call
        if let token = call.token {
            let use = call.entry.usesSession ? TokenUse.command : .feed
            call.principal = try await authenticator.authenticate(token: token, from: call.address, use: use)
        }
        do {
            return try await next(call)
        } catch let problem as Problem where problem.code.isSuspicious {
            logger.notice(
                "\(call.entry.name) refused: \(problem.code.name)",
                metadata: [
                    "trace": "\(call.trace)", "address": "\(call.address)",
                    "account": "\(call.principal?.account.raw ?? "nobody")",
                ]
            )
            throw problem
        }
    }
}

/// Refuses what comes faster than the class of the command allows.
struct RateLimitInterceptor: Interceptor {
    let limiter: any RateLimiter

    func intercept(_ call: CommandCall, next: Next) async throws -> CommandReply {
        guard call.entry.cost != .free else { return try await next(call) }
        let subject =
            call.principal.map { RateSubject.account($0.account) }
            ?? .address(ClientAddresses.network(of: call.address))
        if let seconds = await limiter.admit(subject, call.entry.cost, at: call.now) {
            throw Problem(.tooManyRequests, "Too many requests. Come back in \(seconds) s.", retryAfter: seconds)
        }
        return try await next(call)
    }
}

/// Refuses whoever may not use the command.
struct AuthorizationInterceptor: Interceptor {
    func intercept(_ call: CommandCall, next: Next) async throws -> CommandReply {
        switch call.entry.access {
        case .anyone: break
        case .signedIn:
            guard call.principal != nil else { throw Problem.notSignedIn }
        case .roles(let roles):
            guard let principal = call.principal else { throw Problem.notSignedIn }
            guard roles.contains(principal.role) else {
                throw Problem(.notAllowed, "The role '\(principal.role.rawValue)' may not use \(call.entry.name).")
            }
        }
        return try await next(call)
    }
}

/// Refuses what its service window does not allow now.
///
/// A call with an idempotency key goes on with the refusal in its hand: its first answer may have been given while the
/// window was open, and is given again whatever the time is. Nothing new is begun (``WorkRunner``).
struct WindowInterceptor: Interceptor {
    let windows: any WindowClock

    func intercept(_ call: CommandCall, next: Next) async throws -> CommandReply {
        guard let allowed = call.entry.windows, windows.open(at: call.now).isDisjoint(with: allowed) else {
            return try await next(call)
        }
        // What is refused for another reason already is refused for that one.
        let problem = call.gate ?? refusal(allowed, at: call.now)
        guard call.key != nil, call.entry.idempotency != .none else { throw problem }
        var call = call
        call.gate = problem
        return try await next(call)
    }

    private func refusal(_ allowed: Set<ServiceWindow>, at now: Timestamp) -> Problem {
        let names = allowed.map(\.rawValue).sorted().joined(separator: " or ")
        guard let opening = windows.nextOpening(of: allowed, after: now) else {
            return Problem(.windowClosed, "This is possible only while \(names) is open.")
        }
        return Problem(
            .windowClosed, "This is possible only while \(names) is open, next at \(opening).",
            retryAfter: max(1, now.seconds(until: opening))
        )
    }
}

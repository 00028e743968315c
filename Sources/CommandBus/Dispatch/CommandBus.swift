import Foundation
package import Logging

/// The one way to every command: transports hand calls in, and get replies.
package struct CommandBus: Sendable {
    package let table: CommandTable
    package let feeds: FeedHub
    package let sessions: SessionEnds
    let authenticator: any Authenticator
    let clock: any WallClock
    let random: any RandomSource
    private let chain: Next

    /// - Parameters:
    ///   - table: all commands.
    ///   - feeds: the hub of the live topics.
    ///   - sessions: tells the end of sessions.
    ///   - authenticator: knows the tokens.
    ///   - limiter: the rates at which calls are admitted.
    ///   - windows: the service windows.
    ///   - maintenance: the switch that shuts the server.
    ///   - clock: the time of each call.
    ///   - random: randomness for identifiers and trace ids.
    ///   - logger: faults go here with their trace id.
    package init(
        table: CommandTable, feeds: FeedHub, sessions: SessionEnds, authenticator: any Authenticator,
        limiter: any RateLimiter, windows: any WindowClock, maintenance: MaintenanceSwitch, clock: any WallClock,
        random: any RandomSource, logger: Logger
    ) {
        self.table = table
        self.feeds = feeds
        self.sessions = sessions
        self.authenticator = authenticator
        self.clock = clock
        self.random = random
        // The order is part of the contract: who is not signed in is told so before a rule of the input is named, and a
        // shut server says that it is shut before anything else.
        chain = Self.compose(
            [
                TraceInterceptor(table: table, clock: clock, logger: logger),
                MaintenanceInterceptor(maintenance: maintenance),
                AuthenticationInterceptor(authenticator: authenticator, logger: logger),
                RateLimitInterceptor(limiter: limiter),
                AuthorizationInterceptor(),
                WindowInterceptor(windows: windows),
                ValidationInterceptor(),
                IdempotencyInterceptor(),
            ],
            around: HandlerStep(random: random).run
        )
    }

    /// Runs one command to its end.
    package func dispatch(_ call: CommandCall) async -> CommandReply {
        do {
            return try await chain(call)
        } catch let problem as Problem {
            return .failure(problem, trace: call.trace)
        } catch {
            return .failure(.internalError, trace: call.trace)
        }
    }

    /// Finds out who a token belongs to, for what is no command: the upgrade of a socket, the start of a stream. It is no use
    /// of the session either: a screen that is left alone, and opens its feeds again and again, keeps nobody signed in.
    ///
    /// - Parameter address: the network address of the client.
    package func authenticate(token: String, from address: String) async throws -> Principal {
        try await authenticator.authenticate(token: token, from: address, use: .feed)
    }

    /// A new trace id: 32 hexadecimal digits, never all zero (W3C Trace Context).
    package func makeTrace() -> String {
        let (high, low) = (random.next(), random.next() | 1)
        return String(unsafeUninitializedCapacity: 32) { buffer in
            let digits = Array("0123456789abcdef".utf8)
            for index in 0..<16 {
                buffer[index] = digits[Int((high >> UInt64((15 - index) * 4)) & 15)]
                buffer[16 + index] = digits[Int((low >> UInt64((15 - index) * 4)) & 15)]
            }
            return 32
        }
    }

    /// The trace id that a client sent as `traceparent` (W3C Trace Context), or a new one.
    package func trace(from traceparent: String?) -> String {
        guard let parts = traceparent?.split(separator: "-", omittingEmptySubsequences: false), parts.count == 4,
            parts[0] == "00", parts[1].utf8.count == 32,
            parts[1].utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }),
            parts[1].utf8.contains(where: { $0 != 48 })
        else { return makeTrace() }
        return String(parts[1])
    }

    private static func compose(_ interceptors: [any Interceptor], around handler: @escaping Next) -> Next {
        interceptors.reversed().reduce(handler) { next, interceptor in
            { call in try await interceptor.intercept(call, next: next) }
        }
    }
}

import Auth
import CommandBus
import Logging
import ServiceLifecycle
import Storage

/// What a server leans on beside its store: by itself in its own process, or in common with other instances.
struct Surroundings: Sendable {
    /// Makes what tells the other instances; nil where there are none.
    typealias MakeRelay = @Sendable (FeedHub, SessionEnds, RelayDuties) -> any WorkRelay & Service

    var cache: any SessionCache
    var limiter: any RateLimiter
    var guesses: any GuessLimiter
    /// - Parameter isAlive: asks the store whether a session still lives.
    typealias MakeTickets =
        @Sendable (
            _ ends: SessionEnds, _ isAlive: @escaping @Sendable (Principal) async throws -> Bool
        ) -> FeedTickets

    var makeTickets: MakeTickets
    var leases: any LeaseDesk
    var makeRelay: MakeRelay?
    /// Whether this instance is the one to do something that all of them see at once.
    var claims: @Sendable (_ key: String) async -> Bool
    /// What has to run for all of that.
    var services: [any Service]

    /// A server that is alone.
    ///
    /// - Parameter limits: how fast commands are admitted, and whether guesses are bounded.
    static func alone(_ limits: ServerConfiguration.Limits) -> Surroundings {
        Surroundings(
            cache: MemorySessionCache(), limiter: TokenBuckets(rates: limits.enforcedRates),
            guesses: limits.isEnabled ? GuessBuckets() : UnlimitedGuesses(),
            makeTickets: { ends, isAlive in FeedTickets(sessions: ends, isAlive: isAlive) },
            leases: LocalLeases(), makeRelay: nil, claims: { _ in true }, services: []
        )
    }
}

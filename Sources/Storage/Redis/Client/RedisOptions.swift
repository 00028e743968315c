package import CommandBus

/// How a connection to Redis is kept; every number has a default that suits a server nearby.
package struct RedisOptions: Sendable {
    /// How long a command may take, from the call to the answer. Commands that block (`BLPOP`) need more, and are not
    /// for a connection that others share.
    package var commandTimeout: Duration
    /// How long a connection may take to be made and greeted.
    package var connectTimeout: Duration
    /// How long a connection may be silent before it is asked for a sign of life. A dead peer is noticed after this and
    /// ``commandTimeout``.
    package var heartbeat: Duration
    /// The pause after the first failed attempt; each further one doubles it, and half of a pause is left to chance.
    package var shortestPause: Duration
    package var longestPause: Duration
    /// Spreads the attempts of many instances.
    package var random: any RandomSource
    /// A file of certificates (PEM) that are trusted in place of the system's; for `rediss` only.
    package var caCertificates: String?
    /// Commands without an answer, waiting or sent; more are turned away.
    package var maxPending: Int
    /// Messages that a subscriber holds for its consumer; beyond it they are lost, which it says.
    package var maxBacklog: Int

    package init(
        commandTimeout: Duration = .seconds(1), connectTimeout: Duration = .seconds(1), heartbeat: Duration = .seconds(1),
        shortestPause: Duration = .milliseconds(50), longestPause: Duration = .seconds(2),
        random: any RandomSource = SystemRandomSource(), caCertificates: String? = nil, maxPending: Int = 16_384,
        maxBacklog: Int = 4096
    ) {
        self.commandTimeout = commandTimeout
        self.connectTimeout = connectTimeout
        self.heartbeat = heartbeat
        self.shortestPause = shortestPause
        self.longestPause = longestPause
        self.random = random
        self.caCertificates = caCertificates
        self.maxPending = maxPending
        self.maxBacklog = maxBacklog
    }

    /// The pause before the next attempt.
    ///
    /// - Parameter failures: attempts in a row that failed, from 1.
    func pause(after failures: Int) -> Duration {
        // Beyond this many doublings any shortest pause has passed any longest.
        let whole = min(longestPause, shortestPause * (1 << min(max(failures, 1) - 1, 20)))
        return whole * (0.5 + 0.5 * Double(random.number(below: 1001)) / 1000)
    }
}

package import CommandBus

/// How sockets are served.
package struct SocketConfiguration: Sendable {
    // MARK: The upgrade

    package var path = "/v1/socket"
    /// The subprotocol that is agreed on. A client that offers none is served too; one that offers only others is not.
    package var subprotocol: String? = "farebus.v1.json"
    /// Origins (`https://app.example`) of pages that may open a socket. A page of the host that was asked for always
    /// may, and so may a client that sends no `Origin`, because it is no browser.
    package var allowedOrigins: Set<String> = []
    /// Finds the address that a client is counted under.
    package var clientAddresses = ClientAddresses()

    // MARK: The connection

    /// The time within which a new connection must have sent the head of its first request.
    package var firstRequestLimit: Duration = .seconds(15)
    /// How long a connection that speaks HTTP may do nothing.
    package var httpIdleLimit: Duration = .seconds(60)
    /// The largest message in bytes.
    package var maxFrame = 16_384
    package var heartbeat: Duration = .seconds(25)
    /// A connection that nothing was heard of for so long is closed.
    package var silenceLimit: Duration = .seconds(60)
    /// A reader that can't be written to for so long is closed.
    package var slowReaderLimit: Duration = .seconds(20)
    /// How long the server waits for the other half of a close.
    package var closeLimit: Duration = .seconds(5)
    /// Bytes that may lie unsent in the system for one socket. What is not there yet can still be conflated.
    package var unsentLimit = 65_536

    // MARK: The session

    package var maxSubscriptions = 100
    package var maxInFlight = 8
    package var maxConnections = 50_000
    package var maxConnectionsPerAccount = 10
    /// A campus shares one address, so this is many.
    package var maxConnectionsPerAddress = 2_000
    /// A socket that has neither a session nor a subscription after this is closed.
    package var attachLimit: Duration = .seconds(60)
    /// Each connection ends at an age of this, 20 % more or less.
    package var maxAge: Duration = .seconds(90 * 60)
    /// Clients come back after a stop of the server within this, each at a time of its own.
    package var drainSpread: Duration = .seconds(15)
    /// How long commands at work may go on after a connection began to end.
    package var finishLimit: Duration = .seconds(5)
    /// Replies, and bytes of them, that may wait for a client to read them.
    package var maxWaitingReplies = 256
    package var maxWaitingReplyBytes = 1_048_576
    /// Subscriptions that may be begun in ten seconds: each reads the store for its snapshot.
    package var maxOpenings = 300
    /// Refused frames in ten seconds after which a client is sent away.
    package var maxRefusals = 1_000

    package init() {}
}

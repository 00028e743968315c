package import CommandBus
package import HummingbirdCore

/// What an operator or a test can set about the REST transport.
package struct RESTConfiguration: Sendable {
    /// The version that the API document names.
    package var version = "1"
    /// The most bytes of a body.
    package var maxBody = 65_536
    /// Where the socket is upgraded; a plain request to it is told so.
    package var socketPath = "/v1/socket"
    /// Pages of these origins may use the API from a browser (CORS); none by default, `*` for all.
    package var allowedOrigins: Set<String> = []
    /// How the address of a client is found.
    package var addresses = ClientAddresses()
    /// Documents that are served as they are, beside `/v1/openapi.json`.
    package var documents: [RESTDocument] = []
    package var streams = Streams()

    /// The limits of live streams.
    package struct Streams: Sendable {
        /// How often a comment is sent, so that proxies and dead connections are noticed.
        package var heartbeat: Duration = .seconds(15)
        /// How long a write may wait for a reader before its stream is ended.
        package var slowLimit: Duration = .seconds(20)
        /// How long a stream lives before its reader is asked to come back, a fifth more or less.
        package var maxAge: Duration = .seconds(3600)
        package var maxPerAccount = 20
        /// For readers that are not signed in.
        package var maxPerAddress = 200

        package init() {}
    }

    package init() {}

    /// What the decoder should take of a request's head: generous for a browser, small for an attacker.
    package static var headLimits: HTTP1Channel.Configuration.DecoderConfiguration {
        .init(maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100)
    }
}

import CommandBus
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import RESTTransport
import WSTransport

/// Both transports on one port: REST and feeds over HTTP, and the socket that is upgraded from it.
enum HTTPFront {
    /// - Parameters:
    ///   - core: answers the commands.
    ///   - logger: faults of connections go here.
    ///   - listening: is told the port, once connections are taken.
    static func application<Store: FarebusStore>(
        _ core: Core<Store>, logger: Logger, listening: @escaping @Sendable (Int) -> Void
    ) -> Application<RESTTransport> {
        let configuration = core.configuration
        var rest = RESTConfiguration()
        rest.version = FarebusVersion.text
        rest.maxBody = configuration.http.maxBody
        rest.documents = [
            RESTDocument(
                path: "/v1/asyncapi.json",
                content: AsyncAPIDocument.make(
                    table: core.bus.table, topics: core.feeds.topics, version: FarebusVersion.text
                )
            )
        ]
        rest.allowedOrigins = Set(configuration.http.origins)
        let addresses = ClientAddresses(trustedProxies: configuration.http.trustedProxies)
        rest.addresses = addresses
        var socket = SocketConfiguration()
        socket.allowedOrigins = Set(configuration.socket.origins)
        socket.maxConnectionsPerAccount = configuration.socket.maxConnectionsPerAccount
        socket.httpIdleLimit = configuration.http.idleTimeout
        socket.clientAddresses = addresses
        let sockets = SocketTransport(bus: core.bus, configuration: socket, clock: core.clock, logger: logger)
        return Application(
            responder: RESTTransport(bus: core.bus, tickets: core.tickets, configuration: rest, clock: core.clock),
            server: .http1WithSocket(sockets, configuration: socket),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.http.host, port: configuration.http.port), serverName: nil, backlog: 4096
            ),
            onServerRunning: { channel in listening(channel.localAddress?.port ?? configuration.http.port) },
            logger: logger
        )
    }
}

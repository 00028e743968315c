package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTP1
package import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOPosix
import NIOWebSocket

/// A connection that speaks HTTP/1.1, and becomes a WebSocket where its first request asks for one at the path of
/// sockets. Everything else goes to the router.
package struct SocketChannel: HTTPChannelHandler {
    package enum Outcome: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case socket(work: @Sendable () async -> Void)
    }

    package struct Value: ServerChildChannelValue {
        package let channel: any Channel
        let outcome: EventLoopFuture<Outcome>
    }

    package let responder: Responder
    private let service: any SocketService
    private let configuration: SocketConfiguration

    package init(
        responder: @escaping Responder, service: any SocketService, configuration: SocketConfiguration
    ) {
        self.responder = responder
        self.service = service
        self.configuration = configuration
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let encoder = HTTPResponseEncoder()
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: Self.headLimits)
            )
            let gate = UpgradeGate(configuration: configuration)
            let upgrade = NIOTypedHTTPServerUpgradeHandler<Outcome>(
                httpEncoder: encoder, extraHTTPHandlers: [decoder, gate],
                upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                    upgraders: [SocketUpgrader(service: service, configuration: configuration)],
                    notUpgradingCompletionHandler: { [configuration] channel in
                        Self.serveHTTP(channel, configuration, logger)
                    }
                )
            )
            try channel.pipeline.syncOperations.addHandlers(encoder, decoder, gate, upgrade)
            return Value(channel: channel, outcome: upgrade.upgradeResultFuture)
        }
    }

    package func handle(value: Value, logger: Logger) async {
        await withTaskCancellationHandler {
            do {
                switch try await value.outcome.get() {
                case .http(let channel):
                    await handleHTTP(asyncChannel: channel, logger: logger)
                case .socket(let work):
                    await work()
                    try await value.channel.closeFuture.get()
                }
            } catch {
                // The peer left before it had asked for anything.
                logger.trace("a connection ended before its first request", metadata: ["error": "\(error)"])
            }
        } onCancel: {
            value.channel.close(promise: nil)
        }
    }

    /// The same handlers as Hummingbird's own HTTP/1.1 channel.
    private static func serveHTTP(
        _ channel: any Channel, _ configuration: SocketConfiguration, _ logger: Logger
    ) -> EventLoopFuture<Outcome> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: false))
            try channel.pipeline.syncOperations.addHandler(
                HTTPConnectionStateHandler(idleTimeout: configuration.httpIdleLimit, logger: logger)
            )
            return .http(
                try NIOAsyncChannel(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)
                )
            )
        }
    }

    private static var headLimits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 * 1024
        limits.maxHeaderListSize = 32 * 1024
        limits.maxHeaderFieldCount = 100
        return limits
    }
}

/// Answers the opening handshake, and puts the socket's handler into the pipeline.
private struct SocketUpgrader: NIOTypedHTTPServerProtocolUpgrader {
    typealias UpgradeResult = SocketChannel.Outcome

    let service: any SocketService
    let configuration: SocketConfiguration
    let supportedProtocol = "websocket"
    let requiredUpgradeHeaders: [String] = []

    /// The answer itself, with its hash, is NIO's; its frame codec is not used, because it tells faults too late.
    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        var headers = HTTPHeaders()
        if let subprotocol = Handshake.subprotocol(for: upgradeRequest, configuration) {
            headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol)
        }
        let answered = headers
        let answer = NIOTypedWebSocketServerUpgrader<Void>(
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(answered) },
            upgradePipelineHandler: { channel, _ in channel.eventLoop.makeSucceededVoidFuture() }
        )
        return answer.buildUpgradeResponse(
            channel: channel, upgradeRequest: upgradeRequest, initialResponseHeaders: initialResponseHeaders
        )
    }

    func upgrade(channel: any Channel, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<SocketChannel.Outcome> {
        channel.eventLoop.makeCompletedFuture {
            limitUnsent(of: channel)
            let request = SocketRequest(
                upgradeRequest, peer: channel.remoteAddress?.ipAddress, configuration: configuration
            )
            let (session, work) = service.makeSession(for: request, on: channel.eventLoop)
            try channel.pipeline.syncOperations.addHandler(
                SocketHandler(session: session, configuration: configuration)
            )
            return .socket(work: work)
        }
    }

    /// What the system has taken can't be conflated any more, so it is not given more than the network asks for.
    private func limitUnsent(of channel: any Channel) {
        #if os(Linux)
        // TCP_NOTSENT_LOWAT of netinet/tcp.h, which has no name in Glibc's module.
        let option = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: 25))
        // A channel without such an option, as of a test, is served as well.
        try? channel.syncOptions?.setOption(option, value: .init(configuration.unsentLimit))
        #endif
    }
}

extension HTTPServerBuilder {
    /// A server that speaks HTTP/1.1 and, at the path of sockets, WebSocket.
    ///
    /// - Parameters:
    ///   - service: serves the sockets: a ``SocketTransport``.
    ///   - configuration: how sockets are served.
    package static func http1WithSocket(
        _ service: some SocketService, configuration: SocketConfiguration
    ) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            SocketChannel(responder: responder, service: service, configuration: configuration)
        }
    }
}

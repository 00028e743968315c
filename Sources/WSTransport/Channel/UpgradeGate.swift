import NIOCore
import NIOExtras
import NIOHTTP1

/// Guards a connection before its first request, and keeps from NIO's upgrade handler what it would not upgrade.
///
/// - A request with an `Upgrade` header that the upgrade handler refuses loses its head there, and so its answer. The
///   gate takes the header away, and the request is an ordinary one (`Upgrade: h2c`, as curl and Java send it).
/// - The parser stops after a request that asked for an upgrade. The gate has that connection closed after its answer,
///   so that nobody waits on it for another.
/// - Before the first head no other handler has a deadline, answers a parser's error or hears that the server stops.
final class UpgradeGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let configuration: SocketConfiguration
    private var deadline: Scheduled<Void>?
    private var heads = 0
    private var responses = 0
    /// The number of the request after which the parser has stopped.
    private var last: Int?

    init(configuration: SocketConfiguration) {
        self.configuration = configuration
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let limit = TimeAmount(configuration.firstRequestLimit)
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
        deadline?.cancel()
        deadline = nil
        heads += 1
        pass(&head)
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    private func pass(_ head: inout HTTPRequestHead) {
        let asksForUpgrade = head.headers.contains(name: "Upgrade")
        if heads == 1, asksForUpgrade, Handshake.isValid(head, configuration) {
            head.headers.replaceOrAdd(name: "Upgrade", value: "websocket")
            return
        }
        head.headers.remove(name: "Upgrade")
        let parserStops = asksForUpgrade && Handshake.hasToken("upgrade", in: head.headers, "Connection")
        if parserStops || head.method == .CONNECT {
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            last = heads
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), head.status.code >= 200 else {
            return context.write(data, promise: promise)
        }
        responses += 1
        guard responses == last else { return context.write(data, promise: promise) }
        head.headers.replaceOrAdd(name: "Connection", value: "close")
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent, heads == 0 { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard heads == 0 else { return context.fireErrorCaught(error) }
        guard error is HTTPParserError else { return context.close(promise: nil) }
        let headers: HTTPHeaders = ["Connection": "close", "Content-Length": "0"]
        let head = HTTPResponseHead(version: .http1_1, status: .badRequest, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        // Closed when it is written, whatever else is in the buffer of a peer that does not speak HTTP.
        context.writeAndFlush(wrapOutboundOut(.end(nil))).assumeIsolated().whenComplete { _ in
            context.close(promise: nil)
        }
    }
}

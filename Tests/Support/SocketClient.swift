import Foundation
import NIOCore
import NIOPosix
package import NIOWebSocket
import Synchronization

/// A WebSocket client for tests: polite where it is not told to be rude.
///
/// It answers pings, and close frames by closing. Nothing it does waits for longer than its deadline.
package final class SocketClient: Sendable {
    package enum Event: Sendable {
        case text(String)
        case binary([UInt8])
        case ping
        case pong(String)
        /// A close frame: its code, or 1005 where it has none.
        case close(code: Int, reason: String)
        /// The server has closed the connection.
        case ended
    }

    /// The server did not upgrade.
    package struct Refused: Error {
        package let head: String
    }

    private let channel: any Channel
    private let events: EventQueue
    private let seconds: Double
    /// The head of the answer to the upgrade.
    package let head: String

    private init(channel: any Channel, events: EventQueue, seconds: Double, head: String) {
        self.channel = channel
        self.events = events
        self.seconds = seconds
        self.head = head
    }

    /// Connects and upgrades.
    ///
    /// - Parameters:
    ///   - headers: more headers of the upgrade request, such as `Authorization` and `Origin`.
    ///   - subprotocol: what is offered; nil for nothing.
    ///   - receiveBuffer: the size of the system's buffer for what is not read yet.
    ///   - answersPings: false for a client that seems dead.
    ///   - seconds: the deadline of each wait.
    package static func connect(
        port: Int, host: String = "127.0.0.1", path: String = "/v1/socket", headers: [(String, String)] = [],
        subprotocol: String? = "farebus.v1.json", receiveBuffer: Int? = nil, answersPings: Bool = true,
        seconds: Double = 10
    ) async throws -> SocketClient {
        let events = EventQueue()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer))
        }
        var request = "GET \(path) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        request += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        if let subprotocol { request += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
        for (name, value) in headers { request += "\(name): \(value)\r\n" }
        let asked = request + "\r\n"
        let upgraded = MultiThreadedEventLoopGroup.singleton.any().makePromise(of: String.self)
        let channel: any Channel
        do {
            channel = try await bootstrap.channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        HandshakeHandler(request: asked, upgraded: upgraded), WebSocketFrameEncoder(),
                        ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: 1 << 26)),
                        EventHandler(events: events, answersPings: answersPings)
                    )
                }
            }.connect(host: host, port: port).get()
        } catch {
            upgraded.fail(error)
            throw error
        }
        let head = try await withDeadline(seconds, "the answer to an upgrade") {
            try await upgraded.futureResult.get()
        }
        guard head.hasPrefix("HTTP/1.1 101") else {
            try? await channel.close()
            throw Refused(head: head)
        }
        return SocketClient(channel: channel, events: events, seconds: seconds, head: head)
    }

    // MARK: Sending

    package func send(_ text: String) async throws {
        SecretWatch.said(text)
        try await send(.text, Array(text.utf8))
    }

    package func send(binary bytes: [UInt8]) async throws {
        try await send(.binary, bytes)
    }

    /// Sends one frame as it is described, right or wrong.
    package func send(
        _ opcode: WebSocketOpcode, _ payload: [UInt8] = [], fin: Bool = true, masked: Bool = true, reserved: Bool = false
    ) async throws {
        let frame = WebSocketFrame(
            fin: fin, rsv1: reserved, opcode: opcode, maskKey: masked ? [7, 130, 0, 255] : nil,
            data: ByteBuffer(bytes: payload)
        )
        try await write(frame)
    }

    /// Sends many texts at once.
    package func send(all texts: [String]) async throws {
        for text in texts.dropLast() {
            let frame = WebSocketFrame(
                fin: true, opcode: .text, maskKey: [1, 2, 3, 4], data: ByteBuffer(string: text)
            )
            channel.write(frame, promise: nil)
        }
        if let last = texts.last { try await send(last) }
    }

    package func send(close code: Int?) async throws {
        try await send(.connectionClose, code.map { [UInt8($0 >> 8), UInt8($0 & 255)] } ?? [])
    }

    /// Sends bytes past the encoder.
    package func send(raw bytes: [UInt8]) async throws {
        let context = try await channel.pipeline.context(handlerType: HandshakeHandler.self).map {
            NIOLoopBound($0, eventLoop: $0.eventLoop)
        }.get()
        try await channel.eventLoop.flatSubmit {
            context.value.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)))
        }.get()
    }

    private func write(_ frame: WebSocketFrame) async throws {
        let channel = channel
        try await withDeadline(seconds, "the server to take a frame") { try await channel.writeAndFlush(frame) }
    }

    // MARK: Receiving

    /// The first event, of all that were not taken yet, from which `pick` makes a value; the others stay.
    package func next<Value: Sendable>(
        _ what: String, _ pick: @escaping @Sendable (Event) -> Value?
    ) async throws -> Value {
        try await events.next(seconds, what, on: channel.eventLoop, pick)
    }

    /// The next text.
    package func text() async throws -> String {
        try await next("a text") { if case .text(let text) = $0 { text } else { nil } }
    }

    /// The next text that contains `part`; others stay.
    package func text(containing part: String) async throws -> String {
        try await next("a text with \(part)") { event in
            if case .text(let text) = event, text.contains(part) { text } else { nil }
        }
    }

    /// The code of the server's close frame.
    package func closeCode() async throws -> Int { try await close().code }

    /// The server's close frame.
    package func close() async throws -> (code: Int, reason: String) {
        try await next("a close frame") { if case .close(let code, let reason) = $0 { (code, reason) } else { nil } }
    }

    /// Waits until the server has closed the connection.
    package func ended() async throws {
        try await next("the end of the connection") { if case .ended = $0 { () } else { nil } }
    }

    /// How many of the events that were not taken yet are such ones.
    package func waiting(_ isSuch: (Event) -> Bool) -> Int { events.count(isSuch) }

    /// From now on nothing more is read, so that the server's writes come to a halt.
    package func stopReading() async throws {
        try await channel.setOption(.autoRead, value: false).get()
    }

    package func startReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
    }

    /// Drops the connection, without a word.
    package func drop() {
        channel.close(promise: nil)
    }
}

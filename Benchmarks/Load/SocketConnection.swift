import Foundation
import NIOCore
import NIOPosix

/// A WebSocket of one rider that carries commands, several at once.
final class SocketConnection: ChannelInboundHandler, LoadConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        /// The answer to the upgrade is still to come.
        case upgrading(EventLoopPromise<Void>)
        case open
        case closed
    }

    weak var receiver: (any AnswerReceiver)?
    /// Gets every frame that belongs to a feed.
    var onEvent: ((ByteBuffer) -> Void)?
    private let world: World
    private let channel: any Channel
    private var state: State
    private var inFlight: [Int: Sent] = [:]
    private var lastID = 0
    private var received = ByteBuffer()
    private var outgoing = ByteBuffer()
    private var isReading = false

    private init(world: World, channel: any Channel, opened: EventLoopPromise<Void>) {
        self.world = world
        self.channel = channel
        state = .upgrading(opened)
    }

    /// Opens the socket of a rider.
    static func connect(
        _ world: World, port: Int, rider: Int, on loop: any EventLoop
    ) async throws -> NIOLoopBound<SocketConnection> {
        let opened = loop.makePromise(of: Void.self)
        let connection = try await ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: world.host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = SocketConnection(world: world, channel: channel, opened: opened)
                    try channel.pipeline.syncOperations.addHandler(connection)
                    let request =
                        "GET /v1/socket HTTP/1.1\r\nHost: \(world.host):\(port)\r\nUpgrade: websocket\r\n"
                        + "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        + "Sec-WebSocket-Key: \(makeKey())\r\nSec-WebSocket-Protocol: farebus.v1.json\r\n"
                        + "Authorization: Bearer \(world.tokens[rider])\r\n\r\n"
                    connection.outgoing.writeString(request)
                    return NIOLoopBound(connection, eventLoop: channel.eventLoop)
                }
            }
        loop.execute { connection.value.flush() }
        try await opened.futureResult.get()
        return connection
    }

    private static func makeKey() -> String {
        Data((0..<16).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
    }

    func write(_ sent: Sent) {
        lastID += 1
        inFlight[lastID] = sent
        FrameCodec.writeText(world.frame(sent.call, id: lastID), to: &outgoing)
    }

    /// Asks for the seats of one departure.
    func subscribe(toSeatsOf departure: String) {
        FrameCodec.writeText(#"{"id":"s","sub":"seats","filter":{"departure":"\#(departure)"}}"#, to: &outgoing)
        flush()
    }

    func flush() {
        guard !isReading, outgoing.readableBytes > 0 else { return }
        channel.writeAndFlush(outgoing, promise: nil)
        outgoing = channel.allocator.buffer(capacity: 4096)
    }

    func close() {
        receiver = nil
        state = .closed
        channel.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        received.writeBuffer(&buffer)
        isReading = true
        do {
            if case .upgrading(let opened) = state { try upgrade(opened) }
            if case .open = state {
                while let frame = try FrameCodec.next(&received) { try take(frame) }
            }
        } catch {
            fail(error)
            context.close(promise: nil)
        }
        received.discardReadBytes()
        isReading = false
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(LoadFailure("the server closed a socket with \(inFlight.count) commands on it"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error)
        context.close(promise: nil)
    }

    private func fail(_ error: any Error) {
        if case .upgrading(let opened) = state { opened.fail(error) }
        state = .closed
        receiver?.failed(error)
    }

    private func upgrade(_ opened: EventLoopPromise<Void>) throws {
        let end = Array("\r\n\r\n".utf8)
        guard let head = received.readableBytesView.firstRange(of: end) else { return }
        let text = received.readString(length: head.upperBound - received.readerIndex) ?? ""
        guard text.hasPrefix("HTTP/1.1 101 ") else {
            throw LoadFailure("no socket: \(text.prefix { !$0.isNewline })")
        }
        state = .open
        opened.succeed()
    }

    private func take(_ frame: FrameCodec.Frame) throws {
        switch frame.opcode {
        case .text:
            let reply = Reply(frame.payload)
            if let id = reply.id, let number = Int(id), let status = reply.status {
                guard let sent = inFlight.removeValue(forKey: number) else {
                    throw LoadFailure("a reply that nobody asked for")
                }
                receiver?.answered(sent, status: status, body: frame.payload)
            } else if let status = reply.status, status >= 400 {
                throw LoadFailure("refused: \(String(buffer: frame.payload))")
            } else {
                onEvent?(frame.payload)
            }
        case .ping: FrameCodec.writePong(frame.payload, to: &outgoing)
        case .close: throw LoadFailure("the server closed a socket: \(String(buffer: frame.payload).dropFirst(2))")
        case .other: break
        }
    }

    /// What tells one frame from another, read off its start where it stands there, as it does in practice.
    private struct Reply {
        var id: String?
        var status: Int?

        init(_ payload: ByteBuffer) {
            let view = payload.readableBytesView
            if view.starts(with: Self.idStart),
                let end = view.dropFirst(Self.idStart.count).firstIndex(of: UInt8(ascii: "\"")),
                view[end...].starts(with: Self.statusStart)
            {
                id = String(decoding: view[(view.startIndex + Self.idStart.count)..<end], as: UTF8.self)
                let digits = view[(end + Self.statusStart.count)...].prefix(3)
                status = digits.reduce(0) { $0 * 10 + Int($1) - 48 }
            } else if let whole = try? JSONDecoder().decode(Whole.self, from: Data(view)) {
                (id, status) = (whole.id, whole.status)
            }
        }

        private static let idStart = Array(#"{"id":""#.utf8)
        private static let statusStart = Array(#"","status":"#.utf8)

        private struct Whole: Decodable {
            let id: String?
            let status: Int?
        }
    }
}

import NIOCore
import NIOPosix

/// A kept-alive HTTP/1.1 connection with pipelining: as little work a request as will do, for it is the server that is
/// to be measured.
final class RESTConnection: ChannelInboundHandler, LoadConnection {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    weak var receiver: (any AnswerReceiver)?
    private let world: World
    private let channel: any Channel
    private var inFlight: CircularBuffer<Sent> = []
    private var received = ByteBuffer()
    private var outgoing = ByteBuffer()
    private var isReading = false

    private init(world: World, channel: any Channel) {
        self.world = world
        self.channel = channel
    }

    static func connect(_ world: World, port: Int, on loop: any EventLoop) async throws -> NIOLoopBound<RESTConnection> {
        try await ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: world.host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = RESTConnection(world: world, channel: channel)
                    try channel.pipeline.syncOperations.addHandler(connection)
                    return NIOLoopBound(connection, eventLoop: channel.eventLoop)
                }
            }
    }

    func write(_ sent: Sent) {
        world.writeRequest(sent.call, to: &outgoing)
        inFlight.append(sent)
    }

    func flush() {
        // Requests that answers give rise to leave together, once all that was received is read.
        guard !isReading, outgoing.readableBytes > 0 else { return }
        channel.writeAndFlush(outgoing, promise: nil)
        outgoing = channel.allocator.buffer(capacity: 16_384)
    }

    func close() {
        receiver = nil
        channel.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        received.writeBuffer(&buffer)
        isReading = true
        do {
            while let (status, body) = try AnswerParser.next(&received) {
                guard let sent = inFlight.popFirst() else { throw LoadFailure("an answer that nobody asked for") }
                receiver?.answered(sent, status: status, body: body)
            }
        } catch {
            receiver?.failed(error)
            context.close(promise: nil)
        }
        received.discardReadBytes()
        isReading = false
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
    }

    func channelInactive(context: ChannelHandlerContext) {
        receiver?.failed(LoadFailure("the server closed a connection with \(inFlight.count) requests on it"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        receiver?.failed(error)
        context.close(promise: nil)
    }
}

/// Takes HTTP/1.1 answers with a `Content-Length`, or without a body, from a buffer.
enum AnswerParser {
    /// - Returns: the next complete answer; nil if there is none yet.
    static func next(_ buffer: inout ByteBuffer) throws -> (status: Int, body: ByteBuffer)? {
        guard let head = buffer.withUnsafeReadableBytes(head) else { return nil }
        guard head.status >= 200 else { throw LoadFailure("an answer with no proper status line") }
        guard let length = head.contentLength ?? (head.status == 204 || head.status == 304 ? 0 : nil) else {
            throw LoadFailure("an answer with neither Content-Length nor the status 204")
        }
        guard buffer.readableBytes >= head.length + length else { return nil }
        buffer.moveReaderIndex(forwardBy: head.length)
        guard let body = buffer.readSlice(length: length) else { return nil }
        return (head.status, body)
    }

    private struct Head {
        var length: Int
        var status: Int
        var contentLength: Int?
    }

    private static func head(_ bytes: UnsafeRawBufferPointer) -> Head? {
        // "HTTP/1.1 200 "
        guard bytes.count >= 16 else { return nil }
        let status = bytes[9..<12].reduce(0) { $0 * 10 + Int($1) - 48 }
        var contentLength: Int?
        var lineStart = 0
        var index = 0
        while index + 1 < bytes.count {
            guard bytes[index] == 13, bytes[index + 1] == 10 else {
                index += 1
                continue
            }
            if index == lineStart { return Head(length: index + 2, status: status, contentLength: contentLength) }
            if let length = Self.contentLength(bytes[lineStart..<index]) { contentLength = length }
            index += 2
            lineStart = index
        }
        return nil
    }

    private static let name = Array("content-length:".utf8)

    private static func contentLength(_ line: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard line.count > name.count, line.first == UInt8(ascii: "c") || line.first == UInt8(ascii: "C"),
            zip(line, name).allSatisfy({ $0 | 0x20 == $1 | 0x20 })
        else { return nil }
        var value = 0
        for byte in line.dropFirst(name.count) where byte != UInt8(ascii: " ") {
            guard (48...57).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 48)
        }
        return value
    }
}

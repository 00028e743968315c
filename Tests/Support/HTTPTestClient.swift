package import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// One connection to a server under test: HTTP/1.1 as a client of any make could speak it, and raw bytes.
///
/// Nothing it does waits for longer than its deadline. Requests may be pipelined: send several, then receive as many.
/// One task receives at a time.
package final class HTTPTestClient: Sendable {
    private let channel: any Channel
    private let inbox: HTTPTestInbox
    private let seconds: Double

    private init(channel: any Channel, inbox: HTTPTestInbox, seconds: Double) {
        self.channel = channel
        self.inbox = inbox
        self.seconds = seconds
    }

    /// Connects.
    ///
    /// - Parameters:
    ///   - port: where the server listens.
    ///   - host: its address.
    ///   - isReading: false for a client that reads nothing until ``startReading()``.
    ///   - receiveBuffer: the size of the system's buffer for what is not read yet.
    ///   - seconds: the deadline of each wait.
    package static func connect(
        port: Int, host: String = "127.0.0.1", isReading: Bool = true, receiveBuffer: Int? = nil, seconds: Double = 10
    ) async throws -> HTTPTestClient {
        let inbox = HTTPTestInbox()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: isReading)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(HTTPTestInboxHandler(inbox: inbox))
                }
            }
        if let receiveBuffer {
            bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer))
        }
        let channel = try await bootstrap.connect(host: host, port: port).get()
        return HTTPTestClient(channel: channel, inbox: inbox, seconds: seconds)
    }

    /// Connects, sends one request, and closes.
    package static func once(
        port: Int, _ method: String, _ target: String, headers: [(String, String)] = [], body: Data? = nil
    ) async throws -> HTTPTestResponse {
        let client = try await connect(port: port)
        defer { client.close() }
        return try await client.request(method, target, headers: headers, body: body)
    }

    /// Sends a request and receives its answer.
    package func request(
        _ method: String, _ target: String, headers: [(String, String)] = [], body: Data? = nil
    ) async throws -> HTTPTestResponse {
        try await send(method, target, headers: headers, body: body)
        return try await receive(to: method)
    }

    /// Sends a request without waiting for its answer. A body is sent with its length.
    package func send(
        _ method: String, _ target: String, headers: [(String, String)] = [], body: Data? = nil
    ) async throws {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: test\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if let body { text += "Content-Length: \(body.count)\r\n" }
        if SecretWatch.isOn, let body { SecretWatch.said(String(decoding: body, as: UTF8.self)) }
        try await send(Data((text + "\r\n").utf8) + (body ?? Data()))
    }

    /// Sends bytes as they are.
    package func send(_ bytes: Data) async throws {
        let channel = channel
        try await withDeadline(seconds, "the server to take \(bytes.count) bytes") {
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
        }
    }

    package func send(_ text: String) async throws {
        try await send(Data(text.utf8))
    }

    /// Receives the next answer; interim ones (1xx) are noted in it.
    ///
    /// - Parameter method: what was asked: the answer to a HEAD has no body.
    package func receive(to method: String = "GET") async throws -> HTTPTestResponse {
        var interim: [Int] = []
        while true {
            let head = try await receiveHead()
            guard head.status >= 200 else {
                interim.append(head.status)
                continue
            }
            var response = head
            response.interim = interim
            response.body = try await receiveBody(of: head, isHead: method == "HEAD")
            if SecretWatch.isOn { SecretWatch.heard(status: response.status, body: response.text) }
            return response
        }
    }

    /// Asks for a stream of server-sent events. If the answer is none, it is thrown.
    package func stream(_ target: String, headers: [(String, String)] = []) async throws -> SSETestStream {
        try await send("GET", target, headers: [("Accept", "text/event-stream")] + headers)
        var head = try await receiveHead()
        guard head.status == 200, head["content-type"] == "text/event-stream" else {
            head.body = try await receiveBody(of: head, isHead: false)
            throw UnexpectedResponse(response: head)
        }
        return SSETestStream(head: head) { [self] in
            try await inbox.take(seconds, "an event", on: channel.eventLoop) { buffer, isClosed in
                try buffer.readChunk().map(Optional.some) ?? (isClosed ? .some(nil) : nil)
            }
        }
    }

    /// Everything that comes until the server closes its side.
    package func receiveAll() async throws -> Data {
        try await inbox.take(seconds, "the end of the connection", on: channel.eventLoop) { buffer, isClosed in
            isClosed ? Data(buffer.readBytes(length: buffer.readableBytes) ?? []) : nil
        }
    }

    /// Waits until at least `count` bytes have come, and takes what there is.
    package func receive(atLeast count: Int) async throws -> Data {
        try await inbox.take(seconds, "\(count) bytes", on: channel.eventLoop) { buffer, _ in
            buffer.readableBytes >= count ? Data(buffer.readBytes(length: buffer.readableBytes) ?? []) : nil
        }
    }

    /// Reads from now on, where it was told not to.
    package func startReading() async throws {
        try await channel.setOption(.autoRead, value: true).get()
    }

    package func close() {
        channel.close(promise: nil)
    }

    private func receiveHead() async throws -> HTTPTestResponse {
        try await inbox.take(seconds, "an answer", on: channel.eventLoop) { buffer, isClosed in
            if let head = try buffer.readHead() { return head }
            if isClosed { throw ConnectionClosed(rest: String(buffer: buffer)) }
            return nil
        }
    }

    private func receiveBody(of head: HTTPTestResponse, isHead: Bool) async throws -> Data {
        if isHead || head.status == 204 || head.status == 304 { return Data() }
        let length = head["content-length"].flatMap { Int($0) }
        let isChunked = head["transfer-encoding"]?.lowercased() == "chunked"
        let parts = Mutex(Data())
        return try await inbox.take(seconds, "the body of an answer", on: channel.eventLoop) { buffer, isClosed in
            if isChunked {
                while let chunk = try buffer.readChunk() {
                    if chunk.isEmpty { return parts.withLock { $0 } }
                    parts.withLock { $0 += chunk }
                }
            } else if let length {
                if let bytes = buffer.readBytes(length: length) { return Data(bytes) }
            } else if isClosed {
                return Data(buffer.readBytes(length: buffer.readableBytes) ?? [])
            }
            if isClosed { throw ConnectionClosed(rest: String(buffer: buffer)) }
            return nil
        }
    }

    /// The server closed where it should have answered.
    package struct ConnectionClosed: Error {
        package let rest: String
    }

    /// An answer that is no stream.
    package struct UnexpectedResponse: Error {
        package let response: HTTPTestResponse
    }
}

/// An answer as it came in.
package struct HTTPTestResponse: Sendable {
    package let status: Int
    package let headers: [(name: String, value: String)]
    package fileprivate(set) var body = Data()
    /// The status codes of the interim answers before it.
    package fileprivate(set) var interim: [Int] = []

    /// The value of a header, whatever the case of its name.
    package subscript(name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    package var text: String { String(decoding: body, as: UTF8.self) }

    package func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONDecoder().decode(type, from: body)
    }
}

import Foundation
import NIOCore
import Synchronization

/// What came in and was not taken yet.
final class HTTPTestInbox: Sendable {
    private struct State {
        var buffer = ByteBuffer()
        var isClosed = false
        var changes = 0
        /// The number of the wait that is on, and whether its time is up.
        var wait = 0
        var isExpired = false
        var waiter: CheckedContinuation<Void, Never>?

        mutating func change() -> CheckedContinuation<Void, Never>? {
            changes += 1
            defer { waiter = nil }
            return waiter
        }
    }

    private let state = Mutex(State())

    func append(_ bytes: ByteBuffer) {
        let waiter = state.withLock { state in
            state.buffer.writeImmutableBuffer(bytes)
            return state.change()
        }
        waiter?.resume()
    }

    func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            return state.change()
        }
        waiter?.resume()
    }

    /// Tries to take something out of what is there, and again whenever more has come.
    func take<Value: Sendable>(
        _ seconds: Double, _ what: String, on loop: any EventLoop,
        _ attempt: (inout ByteBuffer, _ isClosed: Bool) throws -> Value?
    ) async throws -> Value {
        let wait = state.withLock { state in
            state.wait += 1
            state.isExpired = false
            return state.wait
        }
        let deadline = loop.scheduleTask(in: .milliseconds(Int64(seconds * 1000))) { [self] in
            let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
                guard state.wait == wait else { return nil }
                state.isExpired = true
                return state.change()
            }
            waiter?.resume()
        }
        defer { deadline.cancel() }
        while true {
            let (value, present) = try state.withLock { state in
                (try attempt(&state.buffer, state.isClosed), (state.changes, state.isClosed, state.isExpired))
            }
            let (seen, isClosed, isExpired) = present
            if let value { return value }
            if isClosed { throw HTTPTestClient.ConnectionClosed(rest: "") }
            if isExpired { throw DeadlinePassed(seconds: seconds, what: what) }
            await withCheckedContinuation { continuation in
                let hasChanged = state.withLock { state in
                    guard state.changes == seen else { return true }
                    state.waiter = continuation
                    return false
                }
                if hasChanged { continuation.resume() }
            }
        }
    }
}

final class HTTPTestInboxHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: HTTPTestInbox

    init(inbox: HTTPTestInbox) {
        self.inbox = inbox
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.append(unwrapInboundIn(data))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { inbox.close() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.close()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        inbox.close()
        context.close(promise: nil)
    }
}

extension ByteBuffer {
    private static let lineEnd = Array("\r\n".utf8)

    /// The head of an answer, if the whole of it has come.
    mutating func readHead() throws -> HTTPTestResponse? {
        var copy = self
        var lines: [String] = []
        while let line = copy.readLine() {
            guard line.isEmpty else {
                lines.append(line)
                continue
            }
            let first = (lines.first ?? "").split(separator: " ", maxSplits: 2)
            guard first.count >= 2, first[0] == "HTTP/1.1", let status = Int(first[1]) else {
                throw HTTPTestClient.ConnectionClosed(rest: "not an answer: \(lines)")
            }
            self = copy
            let headers = lines.dropFirst().compactMap { line -> (name: String, value: String)? in
                guard let colon = line.firstIndex(of: ":") else { return nil }
                let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
                return (String(line[..<colon]), value)
            }
            return HTTPTestResponse(status: status, headers: headers)
        }
        return nil
    }

    /// One chunk of a chunked body, if the whole of it has come; the last one is empty.
    mutating func readChunk() throws -> Data? {
        var copy = self
        guard let line = copy.readLine() else { return nil }
        guard let length = Int(line.prefix { $0 != ";" }, radix: 16) else {
            throw HTTPTestClient.ConnectionClosed(rest: "not a chunk: \(line)")
        }
        guard let bytes = copy.readBytes(length: length), copy.readLine() != nil else { return nil }
        self = copy
        return Data(bytes)
    }

    private mutating func readLine() -> String? {
        guard let end = readableBytesView.firstRange(of: Self.lineEnd) else { return nil }
        let line = readString(length: end.lowerBound - readerIndex)
        moveReaderIndex(forwardBy: 2)
        return line
    }
}

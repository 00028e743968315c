import NIOCore

/// Asks one question at a time over a connection of its own, and tells how long the answer took. It lives on one event loop.
final class Asker: AnswerReceiver {
    struct Answer: Sendable {
        let status: Int
        let body: ByteBuffer
        let nanoseconds: Int64
    }

    private let connection: RESTConnection
    private let loop: any EventLoop
    private var promise: EventLoopPromise<Answer>?

    private init(_ connection: RESTConnection, on loop: any EventLoop) {
        self.connection = connection
        self.loop = loop
        connection.receiver = self
    }

    static func connect(_ world: World, port: Int, on loop: any EventLoop) async throws -> NIOLoopBound<Asker> {
        let connection = try await RESTConnection.connect(world, port: port, on: loop)
        return try await loop.submit { NIOLoopBound(Asker(connection.value, on: loop), eventLoop: loop) }.get()
    }

    /// To be called on the event loop, after the answer to the question before.
    func ask(_ call: Call) -> EventLoopFuture<Answer> {
        let promise = loop.makePromise(of: Answer.self)
        self.promise = promise
        connection.write(Sent(call: call, lane: 0, at: .now()))
        connection.flush()
        return promise.futureResult
    }

    func close() {
        connection.close()
    }

    func answered(_ sent: Sent, status: Int, body: ByteBuffer) {
        let taken = (NIODeadline.now() - sent.at).nanoseconds
        guard sent.call.accepts(status) else {
            return failed(LoadFailure("\(sent.call) was answered \(status): \(String(buffer: body))"))
        }
        let waiting = promise
        promise = nil
        waiting?.succeed(Answer(status: status, body: body, nanoseconds: taken))
    }

    func failed(_ error: any Error) {
        let waiting = promise
        promise = nil
        waiting?.fail(error)
    }
}

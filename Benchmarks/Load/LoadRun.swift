import NIOCore

/// Sends the calls of one source over a set of connections, each slot the next call as soon as it has its answer, until
/// the time or the calls are over. It lives on one event loop.
final class LoadRun: AnswerReceiver {
    /// A lane keeps this many calls on its way. It is a connection of its own on REST; on sockets it goes from rider to
    /// rider, and so from socket to socket.
    struct Shape {
        let lanes: Int
        let depth: Int
    }

    struct Outcome {
        var samples = Samples()
        /// Answers that came while calls were still being sent.
        var answers = 0
        /// From the first call to the last.
        var seconds = 0.0
        /// Calls with the answers to them, where they are wanted.
        var kept: [(call: Call, body: ByteBuffer)] = []
    }

    private let shape: Shape
    private let nextCall: (_ lane: Int) -> Call?
    private let connection: (_ lane: Int, Call) -> any LoadConnection
    private let keepsBodies: Bool
    private let deadline: NIODeadline
    private let started: NIODeadline
    private let promise: EventLoopPromise<Outcome>
    private var outcome = Outcome()
    private var inFlight = 0
    private var isSending = true
    private var isOver = false

    /// - Parameters:
    ///   - nextCall: the next call of a lane; nil once it has no more.
    ///   - connection: the connection that carries a lane's call.
    private init(
        _ shape: Shape, limit: TimeAmount, keepsBodies: Bool, on loop: any EventLoop,
        nextCall: @escaping (Int) -> Call?, connection: @escaping (Int, Call) -> any LoadConnection
    ) {
        self.shape = shape
        self.nextCall = nextCall
        self.connection = connection
        self.keepsBodies = keepsBodies
        started = .now()
        deadline = started + limit
        promise = loop.makePromise()
    }

    /// Runs to the end. To be called on the event loop.
    static func run(
        _ shape: Shape, limit: TimeAmount, keepsBodies: Bool = false, on loop: any EventLoop,
        nextCall: @escaping (Int) -> Call?, connection: @escaping (Int, Call) -> any LoadConnection
    ) -> EventLoopFuture<Outcome> {
        let run = LoadRun(
            shape, limit: limit, keepsBodies: keepsBodies, on: loop, nextCall: nextCall, connection: connection
        )
        run.start()
        let held = NIOLoopBound(run, eventLoop: loop)
        // Connections hold their receiver weakly.
        return run.promise.futureResult.always { _ in _ = held }
    }

    private func start() {
        for lane in 0..<shape.lanes {
            for _ in 0..<shape.depth { send(lane) }
        }
        if inFlight == 0 { finish() }
    }

    private func send(_ lane: Int) {
        guard isSending, !isOver else { return }
        let now = NIODeadline.now()
        guard now < deadline, let call = nextCall(lane) else { return stopSending(now) }
        let carrier = connection(lane, call)
        carrier.receiver = self
        inFlight += 1
        carrier.write(Sent(call: call, lane: lane, at: now))
        carrier.flush()
    }

    /// From here on the server is no longer under full load: what still comes is taken, but not counted.
    private func stopSending(_ now: NIODeadline) {
        isSending = false
        outcome.seconds = Double((now - started).nanoseconds) / 1e9
    }

    func answered(_ sent: Sent, status: Int, body: ByteBuffer) {
        guard !isOver else { return }
        inFlight -= 1
        guard sent.call.accepts(status) else {
            return failed(LoadFailure("\(sent.call) was answered \(status): \(String(buffer: body))"))
        }
        if keepsBodies { outcome.kept.append((sent.call, body)) }
        if isSending {
            outcome.answers += 1
            outcome.samples.add(nanoseconds: (NIODeadline.now() - sent.at).nanoseconds)
            send(sent.lane)
        }
        if inFlight == 0 { finish() }
    }

    func failed(_ error: any Error) {
        guard !isOver else { return }
        isOver = true
        promise.fail(error)
    }

    private func finish() {
        guard !isOver else { return }
        isOver = true
        promise.succeed(outcome)
    }
}

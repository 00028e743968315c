import Foundation
import NIOCore

/// Measures how long it takes from a booking until the last screens know of it.
struct FanOut {
    let findings: Preparation.Findings
    let port: Int
    let subscribers: Int
    let loop: any EventLoop

    struct Result: Codable {
        let subscribers: Int
        let changes: Int
        let deliveries: Int
        /// From the booking's request to its answer.
        let answerP50Milliseconds: Double
        let answerP99Milliseconds: Double
        /// From the booking's request to the event at a subscriber.
        let deliveryP50Milliseconds: Double
        let deliveryP99Milliseconds: Double

        func json() throws -> String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }

        func table() -> String {
            func pair(_ first: Double, _ second: Double) -> String {
                "p50 \(String(format: "%.2f", first)) ms, p99 \(String(format: "%.2f", second)) ms"
            }
            return """
                \(subscribers) subscribers on sockets, \(changes) changes, \(deliveries) deliveries
                request to answer:   \(pair(answerP50Milliseconds, answerP99Milliseconds))
                request to delivery: \(pair(deliveryP50Milliseconds, deliveryP99Milliseconds))
                """
        }
    }

    func run(seconds: Int) async throws -> Result {
        let (world, loop) = (findings.world, loop)
        guard let departure = world.departures.indices.first(where: { world.departures[$0].seatsLeft > 0 }),
            let writer = findings.wallets.indices.first(where: { rider in
                findings.wallets[rider] >= world.departures[departure].fare.amount
                    && !findings.taken.contains(.init(rider: rider, departure: departure))
            })
        else { throw LoadFailure("no rider can book; start with fresh demo data") }
        var sockets: [NIOLoopBound<SocketConnection>] = []
        for index in 0..<subscribers {
            let rider = index % world.tokens.count
            sockets.append(try await SocketConnection.connect(world, port: port, rider: rider, on: loop))
        }
        let rest = try await RESTConnection.connect(world, port: port, on: loop)
        let open = sockets
        return try await loop.flatSubmit {
            let watch = FanOutRun(
                world, departure: departure, writer: writer, rest: rest.value, sockets: open.map(\.value), loop: loop
            )
            return watch.run(limit: .seconds(Int64(seconds)))
        }.get()
    }
}

/// One booking, or cancellation, at a time: the next goes out when every subscriber has heard of the one before.
private final class FanOutRun: AnswerReceiver {
    private let world: World
    private let departure: Int
    private let writer: Int
    private let rest: RESTConnection
    private let sockets: [SocketConnection]
    private let loop: any EventLoop
    private let promise: EventLoopPromise<FanOut.Result>
    private var deadline = NIODeadline.now()
    private var sentAt = NIODeadline.now()
    private var heard = 0
    private var snapshots = 0
    private var turn = 0
    private var answer: ByteBuffer?
    private var answers = Samples()
    private var deliveries = Samples()
    private var deliveryCount = 0
    private var isOver = false

    init(
        _ world: World, departure: Int, writer: Int, rest: RESTConnection, sockets: [SocketConnection],
        loop: any EventLoop
    ) {
        self.world = world
        self.departure = departure
        self.writer = writer
        self.rest = rest
        self.sockets = sockets
        self.loop = loop
        promise = loop.makePromise()
    }

    func run(limit: TimeAmount) -> EventLoopFuture<FanOut.Result> {
        deadline = .now() + limit
        rest.receiver = self
        for socket in sockets {
            socket.receiver = self
            socket.onEvent = { [weak self] frame in self?.take(frame) }
            socket.subscribe(toSeatsOf: world.departures[departure].id)
        }
        let held = NIOLoopBound(self, eventLoop: loop)
        // A change that never arrives must not hold the driver for ever.
        let guardian = loop.scheduleTask(in: limit + .seconds(30)) {
            held.value.failed(LoadFailure("a subscriber missed a change"))
        }
        return promise.futureResult.always { _ in
            guardian.cancel()
            held.value.close()
        }
    }

    private func close() {
        rest.close()
        for socket in sockets { socket.close() }
    }

    private func take(_ frame: ByteBuffer) {
        let view = frame.readableBytesView
        if view.firstRange(of: Self.snapshotMark) != nil {
            snapshots += 1
            if snapshots == sockets.count { sendNext() }
        } else if view.firstRange(of: Self.changeMark) != nil {
            heard += 1
            deliveryCount += 1
            deliveries.add(nanoseconds: (NIODeadline.now() - sentAt).nanoseconds)
            goOn()
        }
    }

    private static let snapshotMark = Array(#""event":"snapshot""#.utf8)
    private static let changeMark = Array(#""event":"change""#.utf8)

    func answered(_ sent: Sent, status: Int, body: ByteBuffer) {
        guard sent.call.accepts(status) else {
            return failed(LoadFailure("\(sent.call) was answered \(status): \(String(buffer: body))"))
        }
        answer = body
        answers.add(nanoseconds: (NIODeadline.now() - sent.at).nanoseconds)
        goOn()
    }

    /// Changes are made one at a time, so each subscriber hears of each exactly once.
    private func goOn() {
        guard answer != nil, heard == sockets.count, !isOver else { return }
        sendNext()
    }

    private func sendNext() {
        let isBooked = turn % 2 == 1
        // Ends with the seat given back.
        if !isBooked, .now() >= deadline { return finish() }
        let call: Call
        do {
            let booking = try answer.map { isBooked ? try BookingReply.id(in: $0) : "" } ?? ""
            call =
                isBooked
                ? .cancel(rider: writer, booking: booking, key: "f\(turn)")
                : .book(rider: writer, departure: departure, key: "f\(turn)")
        } catch {
            return failed(error)
        }
        turn += 1
        heard = 0
        answer = nil
        sentAt = .now()
        rest.write(Sent(call: call, lane: 0, at: sentAt))
        rest.flush()
    }

    private func finish() {
        guard !isOver else { return }
        isOver = true
        let (answered, delivered) = (answers.percentiles([50, 99]), deliveries.percentiles([50, 99]))
        promise.succeed(
            FanOut.Result(
                subscribers: sockets.count, changes: turn, deliveries: deliveryCount,
                answerP50Milliseconds: answered[0], answerP99Milliseconds: answered[1],
                deliveryP50Milliseconds: delivered[0], deliveryP99Milliseconds: delivered[1]
            )
        )
    }

    func failed(_ error: any Error) {
        guard !isOver else { return }
        isOver = true
        promise.fail(error)
    }
}

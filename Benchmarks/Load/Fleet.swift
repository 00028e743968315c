import NIOCore

/// All connections of a run, and the ways to send over them. It lives on the one event loop of the driver, so that the
/// driver takes one core at most and leaves the rest to the server.
final class Fleet {
    /// One kind of call over one transport at one depth.
    struct Case: Hashable, Sendable {
        enum Transport: String, Sendable {
            case rest = "REST"
            case socket = "WebSocket"
        }

        enum Kind: String, CaseIterable, Sendable {
            case live = "no-op"
            case show = "read"
            case book = "booking"
        }

        let transport: Transport
        let depth: Int
        let kind: Kind
    }

    private let world: World
    private let loop: any EventLoop
    private let lanes: Int
    private let rest: [RESTConnection]
    private let sockets: [SocketConnection]

    private init(
        world: World, loop: any EventLoop, lanes: Int, rest: [RESTConnection], sockets: [SocketConnection]
    ) {
        self.world = world
        self.loop = loop
        self.lanes = lanes
        self.rest = rest
        self.sockets = sockets
    }

    /// Connects: a REST connection a lane, and a socket a rider.
    static func connect(
        _ world: World, port: Int, lanes: Int, withSockets: Bool, on loop: any EventLoop
    ) async throws -> NIOLoopBound<Fleet> {
        var rest: [NIOLoopBound<RESTConnection>] = []
        for _ in 0..<lanes { rest.append(try await RESTConnection.connect(world, port: port, on: loop)) }
        var sockets: [NIOLoopBound<SocketConnection>] = []
        for rider in world.tokens.indices where withSockets {
            sockets.append(try await SocketConnection.connect(world, port: port, rider: rider, on: loop))
        }
        let (made, open) = (rest, sockets)
        return try await loop.submit {
            let fleet = Fleet(
                world: world, loop: loop, lanes: lanes, rest: made.map(\.value), sockets: open.map(\.value)
            )
            return NIOLoopBound(fleet, eventLoop: loop)
        }.get()
    }

    /// Sends the no-op or the read, without end, for a time.
    func measure(_ chosen: Case, for time: TimeAmount) -> EventLoopFuture<LoadRun.Outcome> {
        var turn = 0
        let departures = world.departures.count
        return run(chosen, limit: time, keepsBodies: false) { _ in
            guard chosen.kind == .show else { return .live }
            turn = (turn + 1) % departures
            return .show(departure: turn)
        }
    }

    /// Books what a plan says, until it is done or the time is over.
    func book(_ plan: BookingPlan, batch: Int, _ chosen: Case, for time: TimeAmount) -> EventLoopFuture<LoadRun.Outcome> {
        var dealer = BookingDealer(plan, batch: batch)
        return run(chosen, limit: time, keepsBodies: true) { dealer.next(lane: $0) }
    }

    /// Sends a list of calls over REST, all of them.
    func sendAll(_ calls: [Call]) -> EventLoopFuture<LoadRun.Outcome> {
        var left = calls[...]
        let whole = Case(transport: .rest, depth: 4, kind: .live)
        return run(whole, limit: .seconds(120), keepsBodies: true) { _ in left.popFirst() }
    }

    func close() {
        for connection in rest { connection.close() }
        for socket in sockets { socket.close() }
    }

    private func run(
        _ chosen: Case, limit: TimeAmount, keepsBodies: Bool, _ nextCall: @escaping (Int) -> Call?
    ) -> EventLoopFuture<LoadRun.Outcome> {
        let shape = LoadRun.Shape(lanes: lanes, depth: chosen.depth)
        return LoadRun.run(shape, limit: limit, keepsBodies: keepsBodies, on: loop, nextCall: nextCall) { lane, call in
            switch (chosen.transport, call) {
            case (.rest, _): self.rest[lane]
            // A socket speaks for its rider alone.
            case (.socket, .book(let rider, _, _)): self.sockets[rider]
            case (.socket, _): self.sockets[lane % self.sockets.count]
            }
        }
    }
}

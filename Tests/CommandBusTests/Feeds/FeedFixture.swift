import CommandBus
import Dispatch
import Foundation
import Support
import Synchronization

/// A number of seats, as a topic of the tests has it.
struct Seats: Codable, Sendable, Equatable {
    let bus: String
    let left: Int
}

struct AllSeats: Codable, Sendable {
    let seats: [Seats]
}

/// A hub with one topic, `seats`, whose state is kept here and can be narrowed to a bus or to a line.
final class FeedFixture: Sendable {
    let hub: FeedHub
    private let state = Mutex<[String: Int]>([:])
    /// Runs while a snapshot is being read, after the state was looked at.
    let duringSnapshot = Mutex<(@Sendable (FeedFixture) -> Void)?>(nil)
    /// Runs before a snapshot is read, with the bus that it is narrowed to, and may hold it up or fail it.
    let beforeSnapshot = Mutex<(@Sendable (String?) async throws -> Void)?>(nil)
    private let snapshots = Mutex(0)
    /// How many snapshots were read.
    var snapshotCount: Int { snapshots.withLock { $0 } }

    init(
        epoch: String = "e1", windowSize: Int = 4096, transport: FeedTransportSetting = .both, access: Access = .anyone,
        isPersonal: Bool = false, clock: any SteadyClock = SystemSteadyClock()
    ) {
        hub = FeedHub(epoch: epoch, windowSize: windowSize, transport: transport, clock: clock)
        hub.register(
            FeedTopic(
                name: "seats", access: access, filters: ["bus", "line"], isPersonal: isPersonal, summary: "The seats.",
                change: Seats.self
            ) { [weak self] filter, _ in
                guard let self else { throw Problem.storeUnavailable }
                try await beforeSnapshot.withLock { $0 }?(filter["bus"])
                snapshots.withLock { $0 += 1 }
                let seen = state.withLock { $0 }
                duringSnapshot.withLock { $0 }?(self)
                return AllSeats(
                    seats: seen.sorted { $0.key < $1.key }.filter { filter["bus"] == nil || filter["bus"] == $0.key }
                        .map { Seats(bus: $0.key, left: $0.value) }
                )
            }
        )
    }

    /// Sets the seats of a bus, and tells.
    @discardableResult
    func set(_ bus: String, _ left: Int, line: String = "l1") throws -> FeedPosition {
        try state.withLock { state in
            state[bus] = left
            return hub.publish([try Self.change(bus, left, line: line)])
        }
    }

    /// Sets the seats of a bus, and nobody hears of it here.
    func setUnheard(_ bus: String, _ left: Int) {
        state.withLock { $0[bus] = left }
    }

    static func change(
        _ bus: String, _ left: Int, line: String = "l1", topic: String = "seats", version: Int64? = nil
    ) throws -> FeedChange {
        try FeedChange(
            topic: topic, subject: bus, attributes: ["bus": bus, "line": line], version: version,
            data: Seats(bus: bus, left: left)
        )
    }

    func subscribe(
        _ filter: [String: String] = [:], since cursor: String? = nil, as principal: Principal? = nil,
        via transport: FeedTransport = .websocket, sink: any FeedSink
    ) async throws -> FeedOpening {
        try await hub.subscribe(
            to: "seats", filter: FeedFilter(filter), since: cursor, principal: principal, via: transport, sink: sink
        )
    }

    /// A new reader with its subscription.
    func read(_ filter: [String: String] = [:], since cursor: String? = nil) async throws -> (FeedReader, FeedOpening) {
        let reader = FeedReader()
        return (reader, try await subscribe(filter, since: cursor, sink: reader))
    }
}

extension FeedReader {
    /// What was read, as `KIND@SEQUENCE`, with the bus and the seats of a change.
    var lines: [String] { events.map(\.line) }

    /// Waits for the change at a position, and tells everything up to it.
    func lines(upTo position: FeedPosition) async throws -> [String] {
        try await wait("the change at \(position)") { $0.contains { $0.kind == .change && $0.position == position } }.map(
            \.line)
    }
}

extension FeedEvent {
    var line: String {
        let seats = kind == .change ? (try? WireJSON.decode(Seats.self, from: data)) : nil
        return "\(kind)@\(position.sequence)" + (seats.map { " \($0.bus)=\($0.left)" } ?? "")
    }
}

/// A reader that is told, and does not come.
final class SlowReader: FeedSink {
    private let wakes = Mutex(0)
    var wakeCount: Int { wakes.withLock { $0 } }

    func feedIsReady(_ subscription: FeedSubscription) {
        wakes.withLock { $0 += 1 }
    }
}

/// Holds the hub's queue up at the first change that it is told of.
final class HeldSink: FeedSink {
    private let isArmed = Mutex(false)
    private let arrivals = AsyncStream<Void>.makeStream()
    private let door = DispatchSemaphore(value: 0)

    func feedIsReady(_ subscription: FeedSubscription) {
        let holds = isArmed.withLock { isArmed in
            defer { isArmed = false }
            return isArmed
        }
        _ = subscription.take()
        guard holds else { return }
        arrivals.continuation.yield()
        _ = door.wait(timeout: .now() + 10)
    }

    /// From now on.
    func arm() { isArmed.withLock { $0 = true } }

    func reached() async throws {
        let stream = arrivals.stream
        try await withDeadline(10, "the hub to tell") { for await _ in stream { return } }
    }

    func release() { door.signal() }
}

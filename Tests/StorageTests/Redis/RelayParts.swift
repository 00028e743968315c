import CommandBus
import Storage
import Support
import Synchronization

/// The seats of buses, as all instances read them.
final class SharedSeats: Sendable {
    private let state = Mutex((seats: [String: Int](), readings: 0))

    /// How often it was read.
    var readings: Int { state.withLock { $0.readings } }

    func set(_ bus: String, _ left: Int) { state.withLock { $0.seats[bus] = left } }

    func read() -> [SeatsOfBus] {
        state.withLock { state in
            state.readings += 1
            return state.seats.sorted { $0.key < $1.key }.map { SeatsOfBus(bus: $0.key, left: $0.value) }
        }
    }
}

struct SeatsOfBus: Codable, Sendable {
    let bus: String
    let left: Int
}

/// Counts things by name.
final class NamedCounts: Sendable {
    private let state = Mutex<[String: Int]>([:])
    var all: [String: Int] { state.withLock { $0 } }
    func add(_ name: String) { state.withLock { $0[name, default: 0] += 1 } }
}

/// What an instance does beside its feeds, and how many times it is to fail first.
final class RelayDutiesOfTest: Sendable {
    private struct Failure: Error {}

    private let counts: NamedCounts
    private let state = Mutex(0)

    init(counts: NamedCounts) {
        self.counts = counts
    }

    var failures: Int {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }

    func perform(_ name: String) throws {
        let fails = state.withLock { failures in
            defer { failures = max(0, failures - 1) }
            return failures > 0
        }
        if fails { throw Failure() }
        counts.add(name)
    }
}

/// An instance: a hub, a relay and its two connections.
final class RelayInstance: Sendable {
    let hub: FeedHub
    let sessions = SessionEnds()
    let relay: RedisRelay
    let store: SharedSeats
    let counts: NamedCounts
    let duties: RelayDutiesOfTest
    private let client: RedisClient
    private let subscriber: RedisSubscriber

    init(
        _ house: RedisHouse, _ store: SharedSeats, _ options: RelayOptions, client clientOptions: RedisOptions,
        seed: UInt64, prefix: String = "test:"
    ) throws {
        let keys = RedisKeys(prefix: prefix)
        self.store = store
        hub = FeedHub(epoch: "own\(seed)")
        hub.register(
            FeedTopic(name: "seats", access: .anyone, filters: ["bus"], summary: "The seats.", change: SeatsOfBus.self) {
                _, _ in
                store.read()
            }
        )
        client = try house.server.client(clientOptions)
        subscriber = try house.server.subscriber(channels: [RedisRelay.channel(of: keys)], clientOptions)
        let counts = NamedCounts()
        let duties = RelayDutiesOfTest(counts: counts)
        (self.counts, self.duties) = (counts, duties)
        relay = RedisRelay(
            client: client, subscriber: subscriber, keys: keys, hub: hub, sessions: sessions,
            duties: RelayDuties(
                mailed: { counts.add("mail") },
                recheckSessions: { try duties.perform("sessions") },
                rereadSettings: { try duties.perform("settings") }
            ),
            options: options, random: SeededRandom(seed: seed), logger: StoreFixture.silent
        )
    }

    func run() async {
        // The connections end after the relay, which has to say goodbye.
        let connections = Task { [client, subscriber] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await client.run() }
                group.addTask { await subscriber.run() }
            }
        }
        await relay.run()
        connections.cancel()
        await connections.value
    }

    /// Commits a change and tells of it.
    func change(_ bus: String, _ left: Int, in store: SharedSeats) async throws -> FeedPosition? {
        store.set(bus, left)
        let change = try FeedChange(
            topic: "seats", subject: bus, attributes: ["bus": bus], data: SeatsOfBus(bus: bus, left: left)
        )
        return await relay.relay(WorkNews(changes: [change]))
    }

    func read() async throws -> FeedReader {
        let reader = FeedReader()
        _ = try await hub.subscribe(
            to: "seats", filter: FeedFilter(), since: nil, principal: nil, via: .websocket, sink: reader
        )
        _ = try await reader.first(1)
        return reader
    }
}

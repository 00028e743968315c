import CommandBus
import Storage
import Support
import Testing

@Suite("The relay between instances")
struct RedisRelayTests {
    static let quick = RelayOptions(
        staleness: .seconds(600), delay: .seconds(600), heartbeat: .milliseconds(50), silence: .seconds(600)
    )

    /// Starts instances on one Redis, waits until all follow, and stops them whatever comes of it.
    func withInstances(
        _ count: Int, _ options: RelayOptions = quick, client: RedisOptions = RedisServer.patient,
        _ body: (RedisHouse, SharedSeats, [RelayInstance]) async throws -> Void
    ) async throws {
        try await RedisHouse.with(client: client) { house in
            let store = SharedSeats()
            let instances = try (0..<count).map { index in
                try RelayInstance(house, store, options, client: client, seed: UInt64(index) + 1)
            }
            let running = instances.map { instance in Task { await instance.run() } }
            let stop = {
                for task in running { task.cancel() }
                for task in running { await task.value }
            }
            do {
                for instance in instances {
                    try await RedisTest.eventually("all to follow", seconds: 20) { await instance.relay.isFollowing }
                }
                try await body(house, store, instances)
            } catch {
                await stop()
                throw error
            }
            await stop()
        }
    }

    // MARK: - Telling

    @Test("A change at one instance reaches the readers of all, at one position")
    func changes() async throws {
        try await withInstances(3) { _, store, instances in
            var readers: [FeedReader] = []
            for instance in instances { readers.append(try await instance.read()) }
            var positions: [FeedPosition] = []
            for (number, instance) in instances.enumerated() {
                positions.append(try #require(await instance.change("b\(number)", 10 + number, in: store)))
            }
            #expect(positions.map(\.sequence) == [1, 2, 3])
            #expect(Set(positions.map(\.epoch)).count == 1)
            for reader in readers {
                let events = try await reader.wait("three changes") { $0.filter { $0.kind == .change }.count == 3 }
                #expect(events.map(\.kind) == [.snapshot, .change, .change, .change])
                #expect(events.dropFirst().map(\.position) == positions)
            }
        }
    }

    @Test("Many units of work at many instances at once: every reader gets every change, in one order, without a gap")
    func many() async throws {
        try await withInstances(3) { _, store, instances in
            var readers: [FeedReader] = []
            for instance in instances { readers.append(try await instance.read()) }
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<300 {
                    let instance = instances[number % 3]
                    group.addTask { _ = try? await instance.change("b\(number)", number, in: store) }
                }
            }
            for reader in readers {
                let events = try await reader.wait("300 changes", seconds: 30) { $0.count > 300 }
                #expect(events.dropFirst().allSatisfy { $0.kind == .change })
                #expect(events.dropFirst().map(\.position.sequence) == Array(1...300))
            }
        }
    }

    @Test("Ended sessions, mail and settings reach the others; without changes there is no position")
    func otherNews() async throws {
        try await withInstances(2) { _, _, instances in
            let rider = NamedTokens.principal(.rider, AccountID(trusted: "a_1"))
            let ends = NamedCounts()
            _ = instances[1].sessions.watch(rider) { _ in ends.add("end") }
            let before = instances[1].counts.all
            let news = WorkNews(
                endedSessions: [SessionEnd(account: rider.account, survivingEpoch: nil, reason: .closed)], hasMail: true,
                changedSettings: true
            )
            #expect(await instances[0].relay.relay(news) == nil)
            try await RedisTest.eventually("the news") {
                ends.all["end"] == 1 && instances[1].counts.all["mail", default: 0] > before["mail", default: 0]
                    && instances[1].counts.all["settings", default: 0] > before["settings", default: 0]
            }
            #expect(instances[1].counts.all["sessions"] == before["sessions"], "nothing was missed")
        }
    }

    @Test("Installations that share a server don't hear each other")
    func prefixes() async throws {
        try await withInstances(1) { house, store, instances in
            let stranger = try RelayInstance(
                house, SharedSeats(), Self.quick, client: RedisServer.patient, seed: 99, prefix: "other:")
            let running = Task { await stranger.run() }
            try await RedisTest.eventually("it to follow") { await stranger.relay.isFollowing }
            let reader = try await stranger.read()
            _ = try await instances[0].change("b", 1, in: store)
            _ = try await stranger.change("own", 1, in: stranger.store)
            let events = try await reader.first(2)
            #expect(events[1].text.contains("own"))
            running.cancel()
            await running.value
        }
    }

    // MARK: - Missing

    @Test("A message that got lost, with none after it, is noticed, and everybody is sent the state as it is")
    func lostTail() async throws {
        var options = Self.quick
        options.delay = .milliseconds(200)
        try await withInstances(2, options) { house, store, instances in
            let reader = try await instances[1].read()
            store.set("b", 7)
            // As if it had been published, and had reached nobody.
            try await house.send(["HINCRBY", "test:numbering", "number", 1])
            try await house.send(["HINCRBY", "test:numbering", "sequence", 1])
            let events = try await reader.wait("the state") { $0.count >= 3 }
            #expect(events.map(\.kind) == [.snapshot, .gap, .snapshot])
            #expect(events[1].text == #"{"reason":"missed"}"#)
            #expect(events[2].text.contains(#""left":7"#))
        }
    }

    @Test("A subscriber that was cut off and missed nothing reads nothing; one that missed something reads the store")
    func cutOff() async throws {
        try await withInstances(2, client: RedisHouse.hasty) { house, store, instances in
            let readings = store.readings
            let before = try await subscribers(house)
            try await house.send(["CLIENT", "KILL", "TYPE", "pubsub"])
            // An instance that has not noticed yet still says that it follows.
            try await RedisTest.eventually("new connections", seconds: 20) {
                let now = try await subscribers(house)
                return now.count == before.count && now.isDisjoint(with: before)
            }
            for instance in instances {
                try await RedisTest.eventually("all to follow", seconds: 20) { await instance.relay.isFollowing }
            }
            let reader = try await instances[1].read()
            _ = try await instances[0].change("b", 1, in: store)
            _ = try await reader.wait("the change") { $0.contains { $0.kind == .change } }
            #expect(reader.events.map(\.kind) == [.snapshot, .change])
            #expect(store.readings == readings + 1, "the reader's own")
        }
    }

    /// The connections that listen, by their numbers.
    private func subscribers(_ house: RedisHouse) async throws -> Set<String> {
        let list = try await house.send(["CLIENT", "LIST", "TYPE", "pubsub"]).text ?? ""
        return Set(list.matches(of: /(?m)^id=([0-9]+)/).map { String($0.1) })
    }

    @Test("A flush begins a new epoch: whatever was told meanwhile, all readers end with the state as it is")
    func flush() async throws {
        try await withInstances(2) { house, store, instances in
            var readers: [FeedReader] = []
            for instance in instances { readers.append(try await instance.read()) }
            let before = try #require(await instances[0].change("b", 1, in: store))
            try await house.server.flush()
            let after = try #require(await instances[0].change("b", 2, in: store))
            #expect(after.epoch != before.epoch)
            for (index, reader) in readers.enumerated() {
                _ = try await reader.wait("the state after the flush") { events in
                    events.last.map { $0.text.contains(#""left":2"#) && $0.position.epoch == after.epoch } ?? false
                }
                let reached = instances[index].hub.position
                #expect(reached.epoch == after.epoch)
            }
        }
    }

    @Test("A numbering that was set back, as by a failover, begins a new epoch")
    func setBack() async throws {
        try await withInstances(2) { house, store, instances in
            let reader = try await instances[1].read()
            for left in 1...5 { _ = try await instances[0].change("b", left, in: store) }
            _ = try await reader.wait("the changes") { $0.last?.position.sequence == 5 }
            let before = instances[1].hub.position.epoch
            try await house.send(["HSET", "test:numbering", "sequence", 3, "number", 3])
            let events = try await reader.wait("a new beginning") { $0.last?.kind == .snapshot && $0.count > 2 }
            #expect(events.last?.position.epoch != before)
        }
    }

    @Test("An instance that fell silent may have told nothing of its last commit: the others read the store")
    func death() async throws {
        var options = Self.quick
        options.silence = .seconds(60)
        try await withInstances(2, options) { house, store, instances in
            let reader = try await instances[1].read()
            store.set("b", 7)
            let epoch = instances[1].hub.position.epoch
            let now = try await house.send(["TIME"])
            guard case .array(let time) = now, let second = time.first?.text.flatMap({ Int64($0) }) else { return }
            try await house.send([
                "ZADD", "test:instances", .integer((second - 1) * 1000), "slow", .integer((second - 100) * 1000), "dead",
            ])
            let events = try await reader.wait("the state") { $0.last?.text.contains(#""left":7"#) ?? false }
            #expect(events.map(\.kind).suffix(2) == [.gap, .snapshot])
            #expect(instances[1].hub.position.epoch != epoch)
            #expect(try await house.send(["ZSCORE", "test:instances", "dead"]) == .null)
            #expect(try await house.send(["ZSCORE", "test:instances", "slow"]) != .null)
        }
    }

    @Test("An instance that stops says goodbye, and is not missed")
    func goodbye() async throws {
        try await withInstances(1) { house, store, instances in
            let leaving = try RelayInstance(house, store, Self.quick, client: RedisServer.patient, seed: 99)
            let running = Task { await leaving.run() }
            try await RedisTest.eventually("two to live") {
                try await house.send(["ZCARD", "test:instances"]) == .integer(2)
            }
            let epoch = instances[0].hub.position.epoch
            running.cancel()
            await running.value
            #expect(try await house.send(["ZCARD", "test:instances"]) == .integer(1))
            #expect(try await house.send(["HGET", "test:numbering", "epoch"]).text == epoch)
        }
    }

    @Test("An instance that stops with something untold does not say goodbye")
    func noGoodbye() async throws {
        try await withInstances(1) { house, store, instances in
            let leaving = try RelayInstance(house, store, Self.quick, client: RedisServer.patient, seed: 99)
            let running = Task { await leaving.run() }
            try await RedisTest.eventually("two to live") {
                try await house.send(["ZCARD", "test:instances"]) == .integer(2)
            }
            // Nothing can be numbered, and so nothing told.
            try await house.send(["SET", "test:numbering", "something else"])
            #expect(try await leaving.change("b", 7, in: store) == nil)
            running.cancel()
            await running.value
            #expect(try await house.send(["ZCARD", "test:instances"]) == .integer(2))
        }
    }
}

import CommandBus
import Storage
import Support
import Testing

extension RedisRelayTests {
    @Test("What could not be told because Redis was gone is with all readers when it is back")
    func gone() async throws {
        try await withInstances(2, client: RedisHouse.hasty) { house, store, instances in
            var readers: [FeedReader] = []
            for instance in instances { readers.append(try await instance.read()) }
            try await house.server.kill()
            #expect(try await instances[0].change("b", 7, in: store) == nil)
            try await house.server.restart()
            for reader in readers {
                _ = try await reader.wait("the state", seconds: 20) { $0.last?.text.contains(#""left":7"#) ?? false }
            }
            for instance in instances {
                try await RedisTest.eventually("all to follow", seconds: 20) { await instance.relay.isFollowing }
            }
            let position = try #require(await instances[1].change("b", 8, in: store))
            for reader in readers {
                _ = try await reader.wait("the next change", seconds: 20) { $0.last?.position == position }
            }
        }
    }

    @Test("What was told to a Redis that did not answer is told by a new epoch, whether it was heard or not")
    func paused() async throws {
        var hasty = RedisHouse.hasty
        hasty.commandTimeout = .milliseconds(500)
        hasty.heartbeat = .seconds(30)
        try await withInstances(2, client: hasty) { house, store, instances in
            let reader = try await instances[1].read()
            let epoch = instances[1].hub.position.epoch
            house.server.pause()
            #expect(try await instances[0].change("b", 7, in: store) == nil)
            house.server.resume()
            _ = try await reader.wait("the state", seconds: 20) { events in
                events.last.map { $0.kind == .snapshot && $0.position.epoch != epoch && $0.text.contains(#""left":7"#) }
                    ?? false
            }
        }
    }

    @Test("While Redis is away feeds are read from the store again and again")
    func away() async throws {
        var options = Self.quick
        options.staleness = .milliseconds(300)
        try await withInstances(1, options, client: RedisHouse.hasty) { house, store, instances in
            let reader = try await instances[0].read()
            try await house.server.kill()
            for left in 1...3 {
                store.set("b", left)
                _ = try await reader.wait("state \(left)") { $0.last?.text.contains(#""left":\#(left)}"#) ?? false }
            }
            let local = instances[0].hub.position.epoch
            try await house.server.restart()
            try await RedisTest.eventually("it to follow", seconds: 20) { await instances[0].relay.isFollowing }
            #expect(instances[0].hub.position.epoch != local)
        }
    }

    @Test("What a reread has to do is tried again until it succeeds")
    func duties() async throws {
        try await withInstances(1) { house, _, instances in
            instances[0].duties.failures = 2
            let before = instances[0].counts.all["sessions", default: 0]
            try await house.server.flush()
            try await RedisTest.eventually("the recheck of the sessions") {
                instances[0].counts.all["sessions", default: 0] > before && instances[0].duties.failures == 0
            }
        }
    }
}

import CommandBus
import Support
import Testing

@Suite("Changes that come after newer ones")
struct FeedVersionTests {
    /// Publishes two changes of a subject in the wrong order.
    ///
    /// - Returns: what a reader has seen of them in the end.
    private func overtaken(older: Int64?, newer: Int64?) async throws -> String? {
        let feed = FeedFixture()
        let (reader, _) = try await feed.read()
        _ = feed.hub.publish([try FeedFixture.change("a", 3, version: newer)])
        _ = feed.hub.publish([try FeedFixture.change("a", 4, version: older)])
        _ = try await reader.lines(upTo: feed.set("end", 0))
        return reader.events.last { $0.text.contains(#""bus":"a""#) }?.text
    }

    @Test("The newest version of a subject stays", arguments: [(1, 2), (1, 9), (-5, 0)] as [(Int64, Int64)])
    func newestStays(older: Int64, newer: Int64) async throws {
        #expect(try await overtaken(older: older, newer: newer) == #"{"bus":"a","left":3}"#)
    }

    @Test("Control: without versions the older one does")
    func withoutVersions() async throws {
        #expect(try await overtaken(older: nil, newer: nil) == #"{"bus":"a","left":4}"#)
    }

    @Test("A version says something of its own topic and subject only")
    func subjects() async throws {
        let feed = FeedFixture()
        let (reader, _) = try await feed.read()
        let last = feed.hub.publish([
            try FeedFixture.change("a", 1, version: 7), try FeedFixture.change("b", 2, version: 3),
            try FeedFixture.change("a", 9, version: 7), try FeedFixture.change("a", 3, topic: "another", version: 2),
            try FeedFixture.change("b", 4, version: 4),
        ])
        #expect(last.sequence == 4, "the change with a version that was there before has no number")
        #expect(
            try await reader.lines(upTo: last).filter { !$0.contains("b=2") } == [
                "snapshot@0", "change@1 a=1", "change@4 b=4",
            ]
        )
    }

    @Test("Where numbers come from elsewhere, an overtaken change keeps its own")
    func numbersStay() async throws {
        let feed = FeedFixture()
        let (reader, _) = try await feed.read()
        func apply(_ change: FeedChange, _ sequence: UInt64) -> FeedHub.Continuity {
            feed.hub.apply([change], endingAt: FeedPosition(epoch: "e1", sequence: sequence))
        }
        #expect(apply(try FeedFixture.change("a", 3, version: 2), 1) == .continues)
        #expect(apply(try FeedFixture.change("a", 4, version: 1), 2) == .continues)
        #expect(apply(try FeedFixture.change("a", 2, version: 3), 3) == .continues)
        let newest = FeedPosition(epoch: "e1", sequence: 3)
        #expect(feed.hub.position == newest)
        #expect(try await reader.lines(upTo: newest).last == "change@3 a=2")
        #expect(!reader.lines.contains("change@2 a=4"))
        // A cursor at the overtaken one is as good as any.
        let (late, opening) = try await feed.read(since: "e1.2")
        #expect(opening.mode == .resumed)
        #expect(try await late.first(1).map(\.line) == ["change@3 a=2"])
    }

    @Test("Versions are remembered over a resync")
    func resync() async throws {
        let feed = FeedFixture()
        _ = feed.hub.publish([try FeedFixture.change("a", 3, version: 2)])
        feed.setUnheard("a", 3)
        await feed.hub.resync(at: FeedPosition(epoch: "e2", sequence: 0), reason: .otherEpoch)
        let (reader, _) = try await feed.read()
        feed.hub.apply([try FeedFixture.change("a", 4, version: 1)], endingAt: FeedPosition(epoch: "e2", sequence: 1))
        _ = try await reader.lines(upTo: feed.set("end", 0))
        #expect(reader.lines == ["snapshot@0", "change@2 end=0"])
    }

    @Test("What is remembered is bounded: of a subject that changed long ago nothing is known")
    func bound() async throws {
        let feed = FeedFixture(windowSize: 2)
        let (reader, _) = try await feed.read()
        _ = feed.hub.publish([try FeedFixture.change("a", 3, version: 2), try FeedFixture.change("b", 1, version: 1)])
        _ = feed.hub.publish([try FeedFixture.change("a", 2, version: 3)])
        // The first entry of the subject is gone, the second is not.
        _ = feed.hub.publish([try FeedFixture.change("c", 1, version: 1), try FeedFixture.change("a", 9, version: 1)])
        #expect(feed.hub.position.sequence == 4)
        _ = feed.hub.publish([try FeedFixture.change("d", 1, version: 1), try FeedFixture.change("a", 8, version: 1)])
        #expect(feed.hub.position.sequence == 6)
        _ = try await reader.lines(upTo: feed.hub.position)
        #expect(!reader.lines.contains { $0.hasSuffix("a=9") })
    }
}

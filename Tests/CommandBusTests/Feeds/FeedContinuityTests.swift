import CommandBus
import Support
import Testing

@Suite("Changes that were numbered elsewhere")
struct FeedContinuityTests {
    @Test(
        "They are taken over only if they follow on what is here",
        arguments: [
            (1, "e1.3", .continues), (2, "e1.4", .continues), (0, "e1.2", .continues), (1, "e1.2", .repeats),
            (2, "e1.2", .repeats), (1, "e1.1", .repeats), (0, "e1.1", .repeats), (1, "e1.4", .breaks), (0, "e1.3", .breaks),
            (2, "e1.3", .breaks), (9, "e1.3", .breaks), (1, "e2.3", .breaks), (1, "e2.1", .breaks), (0, "e2.2", .breaks),
        ] as [(Int, String, FeedHub.Continuity)])
    func continuity(count: Int, end: String, expected: FeedHub.Continuity) async throws {
        let feed = FeedFixture()
        try feed.set("a", 9)
        try feed.set("a", 8)
        let changes = try (0..<count).map { try FeedFixture.change("b", $0) }
        let end = try #require(FeedPosition(end))
        #expect(feed.hub.apply(changes, endingAt: end) == expected)
        #expect(feed.hub.position == (expected == .continues ? end : FeedPosition(epoch: "e1", sequence: 2)))
    }

    @Test("They have the numbers right before the position, and are told and kept like any")
    func told() async throws {
        let feed = FeedFixture()
        let (reader, _) = try await feed.read()
        let end = FeedPosition(epoch: "e1", sequence: 3)
        feed.hub.apply(
            [try FeedFixture.change("a", 1), try FeedFixture.change("b", 2), try FeedFixture.change("c", 3)], endingAt: end
        )
        #expect(try await reader.lines(upTo: end) == ["snapshot@0", "change@1 a=1", "change@2 b=2", "change@3 c=3"])
        let (late, _) = try await feed.read(since: "e1.1")
        #expect(try await late.first(2).map(\.line) == ["change@2 b=2", "change@3 c=3"])
    }

    @Test("What breaks is not told")
    func broken() async throws {
        let feed = FeedFixture()
        let (reader, _) = try await feed.read()
        feed.hub.apply([try FeedFixture.change("a", 1)], endingAt: FeedPosition(epoch: "e1", sequence: 2))
        feed.hub.apply([try FeedFixture.change("b", 1)], endingAt: FeedPosition(epoch: "e2", sequence: 1))
        #expect(try await reader.lines(upTo: feed.set("c", 1)) == ["snapshot@0", "change@1 c=1"])
    }
}

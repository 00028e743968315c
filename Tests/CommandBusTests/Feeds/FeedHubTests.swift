import CommandBus
import Foundation
import Support
import Synchronization
import Testing

@Suite("The feed hub")
struct FeedHubTests {
    @Test("A subscription begins with a snapshot, and changes follow")
    func snapshotFirst() async throws {
        let feed = FeedFixture()
        try feed.set("a", 5)
        try feed.set("b", 7)
        let (reader, opening) = try await feed.read()
        #expect(opening.mode == .snapshot)
        #expect(opening.position.description == "e1.2")
        let last = try feed.set("a", 4)
        #expect(try await reader.lines(upTo: last) == ["snapshot@2", "change@3 a=4"])
        #expect(reader.events.first?.text == #"{"seats":[{"bus":"a","left":5},{"bus":"b","left":7}]}"#)
        #expect(reader.events.last?.text == #"{"bus":"a","left":4}"#)
    }

    @Test("A cursor in the window resumes: what was missed, and no snapshot")
    func resume() async throws {
        let feed = FeedFixture()
        let seen = try feed.set("a", 5)
        try feed.set("a", 4)
        try feed.set("b", 7)
        try feed.set("a", 3)
        let (reader, opening) = try await feed.read(since: seen.description)
        #expect(opening.mode == .resumed)
        #expect(opening.position.sequence == 4)
        let last = try feed.set("b", 6)
        #expect(try await reader.lines(upTo: last) == ["change@3 b=7", "change@4 a=3", "change@5 b=6"])
    }

    @Test("A cursor at the newest position has missed nothing")
    func resumeAtTheEnd() async throws {
        let feed = FeedFixture()
        let newest = try feed.set("a", 5)
        let (reader, opening) = try await feed.read(since: newest.description)
        #expect(opening.mode == .resumed)
        let last = try feed.set("a", 4)
        #expect(try await reader.lines(upTo: last) == ["change@2 a=4"])
    }

    @Test("A cursor from before the first change resumes as long as the window has everything")
    func resumeFromZero() async throws {
        let feed = FeedFixture(windowSize: 2)
        try feed.set("a", 5)
        try feed.set("b", 4)
        let (reader, opening) = try await feed.read(since: "e1.0")
        #expect(opening.mode == .resumed)
        let last = try feed.set("c", 3)
        #expect(try await reader.lines(upTo: last) == ["change@1 a=5", "change@2 b=4", "change@3 c=3"])
    }

    @Test(
        "A cursor that can't be honoured: a gap with the reason, then a snapshot",
        arguments: [
            ("e0.2", "other_epoch"), ("e1.0", "too_old"), ("e1.1", "too_old"),
        ])
    func gap(cursor: String, reason: String) async throws {
        let feed = FeedFixture(windowSize: 2)
        for left in [5, 4, 3, 2] { try feed.set("a", left) }
        let (reader, opening) = try await feed.read(since: cursor)
        #expect(opening.mode == .snapshot)
        let events = try await reader.first(2)
        #expect(events.map(\.line) == ["gap@4", "snapshot@4"])
        #expect(events.first?.text == #"{"reason":"\#(reason)"}"#)
    }

    @Test("The oldest cursor that the window still honours")
    func edgeOfTheWindow() async throws {
        let feed = FeedFixture(windowSize: 2)
        for left in [5, 4, 3, 2] { try feed.set("a", left) }
        let (reader, opening) = try await feed.read(since: "e1.2")
        #expect(opening.mode == .resumed)
        #expect(try await reader.first(1).map(\.line) == ["change@4 a=2"])
    }

    @Test("A cursor from the future is not honoured")
    func future() async throws {
        let feed = FeedFixture()
        try feed.set("a", 5)
        let (reader, opening) = try await feed.read(since: "e1.99")
        #expect(opening.mode == .snapshot)
        #expect(try await reader.first(2).map(\.line) == ["gap@1", "snapshot@1"])
    }

    @Test("A slow reader is woken once, and gets the latest change of each subject")
    func conflation() async throws {
        let feed = FeedFixture()
        let slow = SlowReader()
        let opening = try await feed.subscribe(sink: slow)
        let (quick, _) = try await feed.read()
        for left in (0..<100).reversed() { try feed.set("a", left) }
        try feed.set("b", 7)
        let last = try feed.set("c", 8)
        _ = try await quick.lines(upTo: last)
        // Both are told in the same turn of the hub's queue, in no order; one more change makes sure of the turn's end.
        _ = try await quick.lines(upTo: feed.set("z", 0))
        #expect(slow.wakeCount == 1)
        #expect((3...4).contains(opening.subscription.waiting))
        let lines = opening.subscription.take().map(\.line)
        #expect(lines.prefix(4) == ["snapshot@0", "change@100 a=0", "change@101 b=7", "change@102 c=8"])
        #expect(opening.subscription.waiting == 0)
        // Having come, it is woken again.
        _ = try await quick.lines(upTo: feed.set("a", 50))
        _ = try await quick.lines(upTo: feed.set("z", 1))
        #expect(slow.wakeCount == 2)
        #expect(opening.subscription.take().contains { $0.line == "change@104 a=50" })
    }

    @Test("Only what the filter lets through arrives")
    func filters() async throws {
        let feed = FeedFixture()
        let (byBus, _) = try await feed.read(["bus": "a"])
        let (byLine, _) = try await feed.read(["line": "l2"])
        let (byBoth, _) = try await feed.read(["bus": "a", "line": "l2"])
        let (byNone, _) = try await feed.read(["bus": "nothing"])
        let (all, _) = try await feed.read()
        try feed.set("a", 1, line: "l1")
        try feed.set("b", 2, line: "l1")
        try feed.set("b", 3, line: "l2")
        try feed.set("a", 4, line: "l2")
        let last = try feed.set("a", 5, line: "l2")
        #expect(try await byBus.lines(upTo: last) == ["snapshot@0", "change@1 a=1", "change@4 a=4", "change@5 a=5"])
        #expect(try await byLine.lines(upTo: last) == ["snapshot@0", "change@3 b=3", "change@4 a=4", "change@5 a=5"])
        #expect(try await byBoth.lines(upTo: last) == ["snapshot@0", "change@4 a=4", "change@5 a=5"])
        #expect(try await all.lines(upTo: last).count == 6)
        #expect(byNone.lines == ["snapshot@0"])
    }

    @Test("What was missed is filtered as well")
    func filteredResume() async throws {
        let feed = FeedFixture()
        try feed.set("a", 1, line: "l1")
        try feed.set("b", 2, line: "l2")
        _ = feed.hub.publish([try FeedFixture.change("a", 9, line: "l2", topic: "another")])
        let (reader, _) = try await feed.read(["line": "l2"], since: "e1.0")
        let last = try feed.set("c", 3, line: "l2")
        #expect(try await reader.lines(upTo: last) == ["change@2 b=2", "change@4 c=3"])
    }

    @Test("Changes of another topic stay away")
    func otherTopics() async throws {
        let feed = FeedFixture()
        let (reader, _) = try await feed.read()
        _ = feed.hub.publish([try FeedFixture.change("a", 9, topic: "another")])
        let last = try feed.set("a", 1)
        #expect(try await reader.lines(upTo: last) == ["snapshot@0", "change@2 a=1"])
    }

    @Test("A change that is published while the snapshot is read is not lost")
    func changeDuringSnapshot() async throws {
        let feed = FeedFixture()
        try feed.set("a", 5)
        feed.duringSnapshot.withLock { $0 = { feed in _ = try? feed.set("a", 4) } }
        let (reader, opening) = try await feed.read()
        #expect(opening.position.sequence == 1)
        let events = try await reader.first(2)
        #expect(events.map(\.line) == ["snapshot@1", "change@2 a=4"])
        #expect(events.first?.text == #"{"seats":[{"bus":"a","left":5}]}"#, "the snapshot is from before the change")
    }

    /// Changes are told on a queue of their own. What was published before a subscription began may still be in it; the
    /// snapshot holds it already, and it must not come once more, behind the newer state.
    @Test("A change from before the beginning does not come after it", arguments: [nil, "e1.1"])
    func nothingFromBefore(cursor: String?) async throws {
        let feed = FeedFixture()
        let gate = HeldSink()
        _ = try await feed.subscribe(sink: gate)
        gate.arm()
        try feed.set("a", 5)
        try await gate.reached()
        // The hub's queue now stands still at the first change, and the next two wait in it.
        try feed.set("a", 4)
        try feed.set("b", 3)
        let (reader, opening) = try await feed.read(since: cursor)
        #expect(opening.position.sequence == 3)
        gate.release()
        let last = try feed.set("c", 2)
        let lines = try await reader.lines(upTo: last)
        #expect(lines == (cursor == nil ? ["snapshot@3"] : ["change@2 a=4", "change@3 b=3"]) + ["change@4 c=2"])
    }

    @Test("Every reader sees positions grow, however many publish")
    func monotonic() async throws {
        let feed = FeedFixture()
        let (first, _) = try await feed.read()
        let readers = try await withThrowingTaskGroup(of: FeedReader?.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for count in 0..<200 { try feed.set("\(writer)", count) }
                    return nil
                }
            }
            for _ in 0..<10 { group.addTask { try await feed.read().0 } }
            return try await group.reduce(into: [FeedReader]()) { if let reader = $1 { $0.append(reader) } }
        }
        let last = try feed.set("end", 0)
        for reader in readers + [first] {
            _ = try await reader.lines(upTo: last)
            let positions = reader.events.map(\.position.sequence)
            #expect(zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 })
            // The last state of each arrived, whatever was passed over.
            let snapshot = try WireJSON.decode(AllSeats.self, from: reader.events[0].data)
            var state = Dictionary(snapshot.seats.map { ($0.bus, $0.left) }) { $1 }
            for event in reader.events.dropFirst() {
                let seats = try WireJSON.decode(Seats.self, from: event.data)
                state[seats.bus] = seats.left
            }
            #expect(state == ["0": 199, "1": 199, "2": 199, "3": 199, "end": 0])
        }
        #expect(last.sequence == 801)
        #expect(feed.hub.position == last)
    }

    @Test("Whoever has left is told nothing more")
    func unsubscribe() async throws {
        let feed = FeedFixture()
        let (left, opening) = try await feed.read(["bus": "a"])
        let (stayed, _) = try await feed.read(["bus": "a"])
        #expect(feed.hub.subscriberCount == 2)
        feed.hub.unsubscribe(opening.subscription)
        #expect(feed.hub.subscriberCount == 1)
        feed.hub.unsubscribe(opening.subscription)
        #expect(feed.hub.subscriberCount == 1)
        _ = try await stayed.lines(upTo: feed.set("a", 1))
        _ = try await stayed.lines(upTo: feed.set("a", 2))
        #expect(left.lines == ["snapshot@0"])
    }

    @Test("The hub does not keep a reader alive")
    func weakSink() async throws {
        let feed = FeedFixture()
        let (stayed, _) = try await feed.read()
        weak let gone = try await {
            let reader = FeedReader()
            _ = try await feed.subscribe(sink: reader)
            return reader as FeedReader?
        }()
        #expect(gone == nil)
        // Telling nobody does no harm.
        _ = try await stayed.lines(upTo: feed.set("a", 1))
        _ = try await stayed.lines(upTo: feed.set("a", 2))
    }

    @Test("A snapshot that fails leaves no subscription behind")
    func failedSnapshot() async throws {
        let hub = FeedHub(epoch: "e1")
        hub.register(
            FeedTopic(name: "seats", access: .anyone, filters: [], summary: "Fails.", change: Seats.self) {
                _, _ -> AllSeats in
                throw Problem.storeUnavailable
            }
        )
        await #expect(throws: Problem.storeUnavailable) {
            _ = try await hub.subscribe(
                to: "seats", filter: FeedFilter(), since: nil, principal: nil, via: .sse, sink: FeedReader()
            )
        }
        #expect(hub.subscriberCount == 0)
    }

    @Test("A position is its epoch and its number")
    func positions() {
        #expect(FeedPosition("k3x.174") == FeedPosition(epoch: "k3x", sequence: 174))
        #expect(FeedPosition(epoch: "k3x", sequence: 174).description == "k3x.174")
        #expect(FeedPosition("k3x.18446744073709551615")?.sequence == .max)
        #expect(FeedPosition("k3x.18446744073709551616") == nil)
        #expect(FeedPosition(String(repeating: "k", count: 62) + ".1") != nil)
        #expect(FeedPosition(String(repeating: "k", count: 63) + ".1") == nil)
    }
}

import CommandBus
import Support
import Synchronization
import Testing

@Suite("Something may have been missed")
struct FeedResyncTests {
    private static func at(_ epoch: String, _ sequence: UInt64) -> FeedPosition {
        FeedPosition(epoch: epoch, sequence: sequence)
    }

    @Test(
        "Every reader gets a gap with the reason, a snapshot, and what comes after",
        arguments: [("e1", 9, FeedGap.missed), ("e1", 2, .missed), ("e2", 0, .otherEpoch), ("e2", 7, .missed)]
            as [(String, UInt64, FeedGap)])
    func everyone(epoch: String, sequence: UInt64, reason: FeedGap) async throws {
        let feed = FeedFixture()
        let (first, _) = try await feed.read()
        let (second, _) = try await feed.read(["bus": "a"])
        for left in [5, 4] { _ = try await first.lines(upTo: feed.set("a", left)) }
        _ = try await second.wait { $0.last?.line == "change@2 a=4" }
        feed.setUnheard("a", 3)
        await feed.hub.resync(at: Self.at(epoch, sequence), reason: reason)
        let next = Self.at(epoch, sequence + 1)
        #expect(feed.hub.apply([try FeedFixture.change("a", 2)], endingAt: next) == .continues)
        for reader in [first, second] {
            let events = try await reader.wait { $0.contains { $0.position == next && $0.kind == .change } }
            #expect(
                events.suffix(3).map(\.line) == ["gap@\(sequence)", "snapshot@\(sequence)", "change@\(sequence + 1) a=2"]
            )
            #expect(events.suffix(3).allSatisfy { $0.position.epoch == epoch })
            #expect(events.suffix(3).first?.text == #"{"reason":"\#(reason.rawValue)"}"#)
            #expect(events.dropLast().last?.text == #"{"seats":[{"bus":"a","left":3}]}"#)
        }
        #expect(feed.hub.epoch == epoch)
    }

    @Test("What has changed without a number is read anew, and the numbers go on")
    func here() async throws {
        let feed = FeedFixture()
        let (reader, _) = try await feed.read()
        _ = try await reader.lines(upTo: feed.set("a", 5))
        feed.setUnheard("a", 3)
        await feed.hub.resyncHere(reason: .missed)
        let last = try feed.set("b", 1)
        #expect(try await reader.lines(upTo: last).suffix(3) == ["gap@1", "snapshot@1", "change@2 b=1"])
        #expect(feed.hub.epoch == "e1")
    }

    @Test("Control: without a resync what was missed stays missing")
    func withoutResync() async throws {
        let feed = FeedFixture()
        let (reader, _) = try await feed.read()
        _ = try await reader.lines(upTo: feed.set("a", 5))
        feed.setUnheard("a", 3)
        _ = try await reader.lines(upTo: feed.set("b", 1))
        #expect(!reader.events.contains { $0.text.contains(#""left":3"#) })
    }

    @Test("Cursors from before are answered by a gap", arguments: [("e1.2", "other_epoch"), ("e2.4", "too_old")])
    func cursors(cursor: String, reason: String) async throws {
        let feed = FeedFixture(epoch: "e2")
        for left in [5, 4, 3, 2, 1] { try feed.set("a", left) }
        await feed.hub.resync(at: Self.at("e2", 6), reason: .missed)
        let (reader, _) = try await feed.read(since: cursor)
        #expect(try await reader.first(2).map(\.line) == ["gap@6", "snapshot@6"])
        #expect(reader.events.first?.text == #"{"reason":"\#(reason)"}"#)
        let (late, opening) = try await feed.read(since: "e2.6")
        #expect(opening.mode == .resumed)
        #expect(try await late.lines(upTo: feed.set("a", 0)) == ["change@7 a=0"])
    }

    @Test("Who would see the same shares one snapshot", arguments: [(false, 2), (true, 3)])
    func shared(isPersonal: Bool, count: Int) async throws {
        let feed = FeedFixture(isPersonal: isPersonal)
        let riders = ["a_1", "a_2"].map { NamedTokens.principal(.rider, AccountID(trusted: $0)) }
        var readers: [FeedReader] = []
        for principal in [riders[0], riders[0], riders[1]] {
            readers.append(FeedReader())
            _ = try await feed.subscribe(as: principal, sink: readers[readers.count - 1])
        }
        readers.append(FeedReader())
        _ = try await feed.subscribe(["bus": "a"], as: riders[0], sink: readers[3])
        let gone = FeedReader()
        feed.hub.unsubscribe(try await feed.subscribe(["bus": "b"], sink: gone).subscription)
        let before = feed.snapshotCount
        await feed.hub.resync(at: Self.at("e1", 4), reason: .missed)
        await feed.hub.refreshed()
        #expect(feed.snapshotCount - before == count)
        for reader in readers { #expect(reader.lines == ["snapshot@0", "gap@4", "snapshot@4"]) }
        #expect(gone.lines == ["snapshot@0"])
    }

    @Test("A change that comes while the snapshot is read comes after it")
    func changeMeanwhile() async throws {
        let feed = FeedFixture()
        let (reader, _) = try await feed.read()
        feed.setUnheard("a", 5)
        feed.duringSnapshot.withLock { $0 = { feed in _ = try? feed.set("a", 4) } }
        await feed.hub.resync(at: Self.at("e2", 0), reason: .missed)
        #expect(try await reader.lines(upTo: Self.at("e2", 1)) == ["snapshot@0", "gap@0", "snapshot@0", "change@1 a=4"])
        #expect(reader.events[2].text == #"{"seats":[{"bus":"a","left":5}]}"#)
    }

    @Test("A change from before that is still on its way does not come after the snapshot")
    func changeFromBefore() async throws {
        let feed = FeedFixture()
        let (reader, _) = try await feed.read()
        let gate = HeldSink()
        _ = try await feed.subscribe(sink: gate)
        gate.arm()
        try feed.set("a", 5)
        try await gate.reached()
        // The hub's queue stands still at the first change; the second waits in it, with a number above the next ones.
        try feed.set("b", 4)
        await feed.hub.resync(at: Self.at("e2", 0), reason: .otherEpoch)
        let (late, _) = try await feed.read()
        gate.release()
        let last = try feed.set("c", 2)
        _ = try await reader.lines(upTo: last)
        #expect(reader.lines.suffix(3) == ["gap@0", "snapshot@0", "change@1 c=2"])
        #expect(try await late.lines(upTo: last) == ["snapshot@0", "change@1 c=2"])
    }

    @Test("A slow reader finds one gap and one snapshot, however much was missed")
    func slowReader() async throws {
        let feed = FeedFixture()
        let slow = SlowReader()
        let subscription = try await feed.subscribe(sink: slow).subscription
        for (count, sequence) in [3, 7, 9].enumerated() {
            try feed.set("a", count)
            await feed.hub.resync(at: Self.at("e1", UInt64(sequence)), reason: .missed)
            await feed.hub.refreshed()
        }
        #expect(slow.wakeCount == 1)
        #expect(subscription.take().map(\.line) == ["gap@9", "snapshot@9"])
        #expect(subscription.take().isEmpty)
        await feed.hub.resync(at: Self.at("e1", 10), reason: .missed)
        await feed.hub.refreshed()
        #expect(slow.wakeCount == 2)
        #expect(subscription.take().map(\.line) == ["gap@10", "snapshot@10"])
    }

    @Test("A reader that comes too early, between the gap and its snapshot, is woken again")
    func earlyReader() async throws {
        let feed = FeedFixture()
        let slow = SlowReader()
        let subscription = try await feed.subscribe(sink: slow).subscription
        let gate = Gate()
        feed.beforeSnapshot.withLock { $0 = { _ in await gate.pass() } }
        await feed.hub.resync(at: Self.at("e1", 3), reason: .missed)
        #expect(subscription.take().isEmpty)
        gate.open()
        await feed.hub.refreshed()
        #expect(slow.wakeCount == 2)
        #expect(subscription.take().map(\.line) == ["gap@3", "snapshot@3"])
    }

    @Test("A subscription that has just begun is part of it: its first snapshot is from before")
    func beginning() async throws {
        let feed = FeedFixture()
        feed.setUnheard("a", 5)
        let isFirst = Mutex(true)
        // After the state was looked at, something is missed.
        let resync: @Sendable (FeedFixture) async -> Void = { feed in
            feed.setUnheard("a", 4)
            await feed.hub.resync(at: Self.at("e2", 0), reason: .missed)
            await feed.hub.refreshed()
            feed.hub.apply((try? FeedFixture.change("b", 1)).map { [$0] } ?? [], endingAt: Self.at("e2", 1))
        }
        let gate = Gate()
        feed.beforeSnapshot.withLock {
            $0 = { _ in
                let holds = isFirst.withLock { isFirst in
                    defer { isFirst = false }
                    return isFirst
                }
                if holds { await gate.pass() }
            }
        }
        async let opening = feed.read()
        try await jobIsSeen("the first snapshot to be under way") { gate.waiting == 1 }
        await resync(feed)
        gate.open()
        let (reader, _) = try await opening
        #expect(try await reader.lines(upTo: Self.at("e2", 1)) == ["gap@0", "snapshot@0", "change@1 b=1"])
        #expect(reader.events[1].text == #"{"seats":[{"bus":"a","left":4}]}"#)
    }
}

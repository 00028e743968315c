import CommandBus
import Support
import Synchronization
import Testing

@Suite("The snapshots after something was missed")
struct FeedRefreshTests {
    /// A clock on which every wait is over at once; it notes how long each would have been.
    private final class HastyClock: SteadyClock {
        private let waits = Mutex<[Duration]>([])
        var all: [Duration] { waits.withLock { $0 } }

        func now() -> Duration { .zero }
        func sleep(for time: Duration) async throws {
            try Task.checkCancellation()
            waits.withLock { $0.append(time) }
        }
    }

    private static func at(_ sequence: UInt64) -> FeedPosition { FeedPosition(epoch: "e1", sequence: sequence) }

    @Test("While the store fails they are tried again, after longer and longer pauses")
    func retries() async throws {
        let clock = HastyClock()
        let feed = FeedFixture(clock: clock)
        let (reader, _) = try await feed.read(["bus": "a"])
        let (other, _) = try await feed.read(["bus": "b"])
        let failures = Mutex(10)
        feed.beforeSnapshot.withLock {
            $0 = { bus in
                guard bus == "a" else { return }
                let fails = failures.withLock { left in
                    left -= 1
                    return left >= 0
                }
                if fails { throw Problem.storeUnavailable }
            }
        }
        await feed.hub.resync(at: Self.at(4), reason: .missed)
        try feed.set("a", 1)
        await feed.hub.refreshed()
        #expect(try await reader.lines(upTo: Self.at(5)) == ["snapshot@0", "gap@4", "snapshot@4", "change@5 a=1"])
        #expect(other.lines == ["snapshot@0", "gap@4", "snapshot@4"])
        #expect(clock.all.count == 10)
        for (index, wait) in clock.all.enumerated() {
            let longest = min(Duration.milliseconds(100) * (1 << index), .seconds(5))
            #expect(wait >= longest / 2 && wait <= longest)
        }
    }

    @Test("A newer resync takes the place of one that can't be done")
    func superseded() async throws {
        let clock = HandClock()
        let feed = FeedFixture(clock: clock)
        let (reader, _) = try await feed.read()
        feed.beforeSnapshot.withLock { $0 = { _ in throw Problem.storeUnavailable } }
        await feed.hub.resync(at: Self.at(4), reason: .missed)
        try await jobIsSeen("a pause") { clock.sleepers == 1 }
        feed.beforeSnapshot.withLock { $0 = nil }
        await feed.hub.resync(at: Self.at(8), reason: .missed)
        await feed.hub.refreshed()
        #expect(reader.lines == ["snapshot@0", "gap@8", "snapshot@8"])
        try await jobIsSeen("the end of the first one") { clock.sleepers == 0 }
    }

    @Test("A snapshot that was begun before a newer resync is not handed out")
    func stale() async throws {
        let feed = FeedFixture()
        let (reader, _) = try await feed.read()
        let gate = Gate()
        let finished = Gate()
        feed.beforeSnapshot.withLock {
            $0 = { _ in
                await gate.pass()
                finished.open()
            }
        }
        await feed.hub.resync(at: Self.at(4), reason: .missed)
        try await jobIsSeen("the first snapshot to be under way") { gate.waiting == 1 }
        feed.beforeSnapshot.withLock { $0 = nil }
        await feed.hub.resync(at: Self.at(8), reason: .missed)
        await feed.hub.refreshed()
        gate.open()
        await finished.pass()
        _ = try await reader.lines(upTo: feed.set("a", 1))
        #expect(reader.lines == ["snapshot@0", "gap@8", "snapshot@8", "change@9 a=1"])
    }

    @Test("Few are made at once, and who waits longest is first")
    func order() async throws {
        let feed = FeedFixture()
        var readers: [FeedReader] = []
        for bus in 0..<20 { readers.append(try await feed.read(["bus": "\(bus)"]).0) }
        let (first, second) = (Gate(), Gate())
        let served = Mutex<Set<String>>([])
        feed.beforeSnapshot.withLock {
            $0 = { bus in
                let isServed = served.withLock { served in
                    guard served.count < 12 else { return false }
                    served.insert(bus ?? "")
                    return true
                }
                if !isServed { await first.pass() }
            }
        }
        await feed.hub.resync(at: Self.at(1), reason: .missed)
        try await jobIsSeen("eight at once") { first.waiting == 8 }
        let begun = Mutex<Set<String>>([])
        feed.beforeSnapshot.withLock {
            $0 = { bus in
                begun.withLock { _ = $0.insert(bus ?? "") }
                await second.pass()
            }
        }
        await feed.hub.resync(at: Self.at(2), reason: .missed)
        try await jobIsSeen("eight at once") { second.waiting == 8 }
        #expect(begun.withLock { $0 }.isDisjoint(with: served.withLock { $0 }))
        first.open()
        second.open()
        await feed.hub.refreshed()
        for reader in readers { #expect(reader.lines.suffix(2) == ["gap@2", "snapshot@2"]) }
    }

    @Test("A hub that is gone makes no more")
    func gone() async throws {
        let clock = HandClock()
        var feed: FeedFixture? = FeedFixture(clock: clock)
        let reader = FeedReader()
        _ = try await feed?.subscribe(sink: reader)
        feed?.beforeSnapshot.withLock { $0 = { _ in throw Problem.storeUnavailable } }
        await feed?.hub.resync(at: Self.at(4), reason: .missed)
        try await jobIsSeen("a pause") { clock.sleepers == 1 }
        feed = nil
        try await jobIsSeen("the end of the refresh") { clock.sleepers == 0 }
        #expect(reader.lines == ["snapshot@0"])
    }
}

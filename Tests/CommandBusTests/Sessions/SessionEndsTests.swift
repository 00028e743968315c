import Support
import Synchronization
import Testing

@testable import CommandBus

@Suite("The end of sessions")
struct SessionEndsTests {
    private final class Notes: Sendable {
        private let kept = Mutex<[SessionEnd]>([])
        var all: [SessionEnd] { kept.withLock { $0 } }
        func note(_ end: SessionEnd) { kept.withLock { $0.append(end) } }
    }

    private let ends = SessionEnds()
    private let notes = Notes()

    private static func principal(_ account: String, epoch: Int) -> Principal {
        NamedTokens.principal(.rider, AccountID(trusted: account), epoch: epoch)
    }

    private static func end(_ account: String, surviving epoch: Int?, _ reason: SessionEnd.Reason = .replaced) -> SessionEnd
    {
        SessionEnd(account: AccountID(trusted: account), survivingEpoch: epoch, reason: reason)
    }

    @Test(
        "A session of another epoch ends, the surviving one does not",
        arguments: [
            ("a_1", 2, true), ("a_1", 1, false), ("a_1", nil, true), ("a_2", 2, false), ("a_2", nil, false),
        ] as [(String, Int?, Bool)])
    func ends(account: String, surviving: Int?, isOver: Bool) {
        let notes = notes
        let watch = ends.watch(Self.principal("a_1", epoch: 1)) { notes.note($0) }
        let end = Self.end(account, surviving: surviving)
        #expect(end.ends(Self.principal("a_1", epoch: 1)) == isOver)
        ends.signal(end)
        #expect(notes.all == (isOver ? [end] : []))
        watch.cancel()
    }

    @Test("A watch that was cancelled is told nothing, and others are")
    func cancel() {
        let (notes, others) = (notes, Notes())
        let first = ends.watch(Self.principal("a_1", epoch: 1)) { notes.note($0) }
        let second = ends.watch(Self.principal("a_1", epoch: 1)) { others.note($0) }
        first.cancel()
        first.cancel()
        ends.signal(Self.end("a_1", surviving: nil, .revoked))
        #expect(notes.all.isEmpty)
        #expect(others.all.map(\.reason) == [.revoked])
        second.cancel()
        ends.signal(Self.end("a_1", surviving: nil))
        #expect(others.all.count == 1)
    }

    @Test("An observer is told of everybody, for good")
    func observer() {
        let notes = notes
        ends.observe { notes.note($0) }
        let told = [Self.end("a_1", surviving: 2), Self.end("a_2", surviving: nil, .closed)]
        for end in told { ends.signal(end) }
        #expect(notes.all == told)
    }

    @Test("Whoever is told may cancel and watch meanwhile")
    func reentrancy() {
        let (ends, notes) = (ends, notes)
        let watch = Mutex<SessionEnds.Watch?>(nil)
        let begun = ends.watch(Self.principal("a_1", epoch: 1)) { end in
            notes.note(end)
            watch.withLock { $0 }?.cancel()
            _ = ends.watch(Self.principal("a_1", epoch: 2)) { notes.note($0) }
        }
        watch.withLock { $0 = begun }
        ends.signal(Self.end("a_1", surviving: 2))
        #expect(notes.all.count == 1)
        ends.signal(Self.end("a_1", surviving: 3))
        #expect(notes.all.map(\.survivingEpoch) == [2, 3])
    }

    @Test("A watch is told once")
    func once() {
        let notes = notes
        _ = ends.watch(Self.principal("a_1", epoch: 1)) { notes.note($0) }
        for _ in 0..<2 { ends.signal(Self.end("a_1", surviving: 2)) }
        #expect(notes.all.count == 1)
    }

    @Test("Who is watched is told once a session")
    func watched() {
        let principals = [Self.principal("a_1", epoch: 1), Self.principal("a_1", epoch: 2), Self.principal("a_2", epoch: 1)]
        let watches = (principals + principals).map { ends.watch($0) { _ in } }
        #expect(ends.watched.count == 3)
        #expect(Set(ends.watched) == Set(principals))
        watches.first?.cancel()
        #expect(ends.watched.count == 3)
        ends.signal(Self.end("a_1", surviving: 2))
        #expect(Set(ends.watched) == [principals[1], principals[2]])
    }

    @Test("An end that is told to one session leaves a later one of the account alone")
    func targeted() {
        let (older, newer, everyone) = (Notes(), Notes(), notes)
        ends.observe { everyone.note($0) }
        _ = ends.watch(Self.principal("a_1", epoch: 1)) { older.note($0) }
        _ = ends.watch(Self.principal("a_1", epoch: 2)) { newer.note($0) }
        let end = Self.end("a_1", surviving: nil)
        ends.signal(end, to: Self.principal("a_1", epoch: 1))
        #expect(older.all == [end])
        #expect(newer.all.isEmpty)
        #expect(everyone.all.isEmpty)
        // The control: told to all, it would have ended both.
        ends.signal(end)
        #expect(newer.all == [end])
    }

    @Test("Whoever begins to watch while caches forget is told when they have")
    func late() async throws {
        let (ends, notes) = (ends, notes)
        let gate = Gate()
        let forgotten = Mutex<[SessionEnd]>([])
        ends.observe(beforeAnswer: { end in
            await gate.pass()
            forgotten.withLock { $0.append(end) }
        })
        let end = Self.end("a_1", surviving: 2)
        ends.signal(end)
        async let settled: Void = ends.settle(end)
        try await jobIsSeen("the cache to be told") { gate.waiting == 1 }
        // A cache that has not forgotten yet says that both live.
        _ = ends.watch(Self.principal("a_1", epoch: 1)) { notes.note($0) }
        _ = ends.watch(Self.principal("a_1", epoch: 2)) { notes.note($0) }
        #expect(notes.all.isEmpty)
        gate.open()
        await settled
        #expect(forgotten.withLock { $0 } == [end])
        #expect(notes.all == [end])
        #expect(ends.watched == [Self.principal("a_1", epoch: 2)])
    }
}

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
}

import CommandBus
import Testing

@Suite("What shuts the server, side by side")
struct ClosureBookTests {
    private let noon = Timestamp(milliseconds: 1_795_501_800_000)

    private func closure(_ reason: String?, _ revision: Int64) -> StoredClosure {
        StoredClosure(on: reason != nil, reason: reason ?? "", since: reason.map { _ in noon }, revision: revision)
    }

    @Test("The levels are in the order of their severity")
    func levels() {
        #expect(ClosureLevel.allCases == ClosureLevel.allCases.sorted())
        #expect(ClosureLevel.allCases.map(\.allowsMoney) == [true, false, false, false])
        #expect(ClosureLevel.allCases.map(\.allowsWrites) == [true, true, false, false])
    }

    @Test("The most severe cause is in force, and the next one when it has gone")
    func severity() {
        var book = ClosureBook()
        #expect(book.state == .off)
        let mildToSevere: [ClosureCause] = [.invariants, .storeNotWritable, .storeUnreachable]
        for cause in mildToSevere {
            #expect(book.found(cause, since: noon) == .began(since: noon))
            #expect(book.state == MaintenanceState(level: cause.level, reason: cause.reason, since: noon))
        }
        for (gone, left) in zip(mildToSevere.reversed(), mildToSevere.reversed().dropFirst()) {
            _ = book.gone(gone)
            #expect(book.state.reason == left.reason)
        }
        _ = book.gone(.invariants)
        #expect(book.state == .off)
    }

    @Test("Only what shuts everything is 'on'")
    func on() {
        let levels = ClosureLevel.allCases.map { MaintenanceState(level: $0, reason: "", since: nil).on }
        #expect(levels == [false, false, false, true])
    }

    @Test("The operator's switch and the causes leave each other alone")
    func independence() {
        var book = ClosureBook()
        book.adopt(closure("New tyres.", 1))
        _ = book.found(.storeUnreachable, since: noon)
        // Both shut everything: riders are told what the operator has to say.
        #expect(book.state.reason == "New tyres.")
        book.adopt(closure(nil, 2))
        #expect(book.state.reason == ClosureCause.storeUnreachable.reason)
        book.adopt(closure("Lunch.", 3))
        _ = book.gone(.storeUnreachable)
        #expect(book.state.reason == "Lunch.")
    }

    @Test("An older state of the switch does not take the place of a newer one")
    func revisions() {
        var book = ClosureBook()
        book.adopt(closure("Two.", 2))
        book.adopt(closure(nil, 1))
        book.adopt(closure(nil, 2))
        #expect(book.state.reason == "Two.")
        // The control: a newer one does.
        book.adopt(closure(nil, 3))
        #expect(book.state == .off)
    }

    @Test("An older record of a check does not take the place of a newer one")
    func recordRevisions() {
        var book = ClosureBook()
        var record = InvariantRecord()
        let clean = record
        #expect(record.note(["wrong"], at: noon, recovers: true) == .began(since: noon))
        book.adopt(record)
        #expect(book.state.level == .moneyStopped)
        book.adopt(clean)
        #expect(book.state.level == .moneyStopped)
        #expect(record.note([], at: noon, recovers: true) == .ended(since: noon))
        book.adopt(record)
        #expect(book.state == .off)
    }

    @Test("What this process has found out itself outlives a record that does not know of it yet")
    func unrecorded() {
        var book = ClosureBook()
        var record = InvariantRecord()
        _ = record.note([], at: noon, recovers: true)
        book.adopt(record)
        _ = book.found(.invariants, since: noon)
        book.adopt(record)
        #expect(book.state.level == .moneyStopped)
    }

    @Test("Without recovery a closure stays until it is lifted; what is still there can be left out")
    func lifting() {
        var book = ClosureBook(recovers: false)
        _ = book.found(.storeNotWritable, since: noon)
        _ = book.gone(.storeNotWritable)
        _ = book.found(.invariants, since: noon)
        #expect(book.state.level == .writesStopped)
        book.lift(onlyGone: true)
        #expect(book.state.level == .moneyStopped)
        book.lift(onlyGone: false)
        #expect(book.state == .off)
        #expect(book.found(.invariants, since: noon) == nil)
        #expect(book.state.level == .moneyStopped)
    }
}

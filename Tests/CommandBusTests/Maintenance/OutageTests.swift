import CommandBus
import Testing

@Suite("A cause of a closure from its first sight to its end")
struct OutageTests {
    private let noon = Timestamp(milliseconds: 1_795_501_800_000)
    private var later: Timestamp { noon.adding(seconds: 60) }

    @Test("It is told once that it began, and once that it ended")
    func once() {
        var outage = Outage()
        #expect(outage.gone(recovers: true) == nil)
        #expect(outage.found(since: noon) == .began(since: noon))
        #expect(outage.found(since: later) == nil)
        #expect(outage.closedSince == noon)
        #expect(outage.gone(recovers: true) == .ended(since: noon))
        #expect(outage.gone(recovers: true) == nil)
        #expect(outage.isOver)
    }

    @Test("Where the server does not open by itself, the closure outlives its cause until staff lift it")
    func latched() {
        var outage = Outage()
        _ = outage.found(since: noon)
        #expect(outage.gone(recovers: false) == .ended(since: noon))
        #expect(outage.presentSince == nil)
        #expect(outage.closedSince == noon)
        outage.lift()
        #expect(outage.isOver)
    }

    @Test("Lifted while the cause is there, it trips again at the next look, and nobody is told twice")
    func liftedTooEarly() {
        var outage = Outage()
        _ = outage.found(since: noon)
        outage.lift()
        #expect(outage.closedSince == nil)
        #expect(!outage.isOver)
        #expect(outage.found(since: later) == nil)
        #expect(outage.closedSince == noon)
    }

    @Test("Lifted, and gone before the next look, it has ended")
    func liftedInTime() {
        var outage = Outage()
        _ = outage.found(since: noon)
        outage.lift()
        #expect(outage.gone(recovers: false) == .ended(since: noon))
        #expect(outage.isOver)
    }

    @Test("A latched closure whose cause comes back is another outage, shut since the first")
    func again() {
        var outage = Outage()
        _ = outage.found(since: noon)
        _ = outage.gone(recovers: false)
        #expect(outage.found(since: later) == .began(since: later))
        #expect(outage.closedSince == noon)
    }
}

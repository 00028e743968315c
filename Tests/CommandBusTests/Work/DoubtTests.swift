import CommandBus
import Support
import Synchronization
import Testing

@Suite("Work of which nobody knows whether it was done")
struct DoubtTests {
    private final class Readings: Sendable {
        struct Failure: Error {}
        private let state = Mutex((count: 0, failures: 0))
        var count: Int { state.withLock { $0.count } }
        func fail(times: Int) { state.withLock { $0.failures = times } }
        func note() throws {
            try state.withLock { state in
                state.count += 1
                guard state.failures == 0 else {
                    state.failures -= 1
                    throw Failure()
                }
            }
        }
    }

    @Test("The store is read when the commit has had time to settle, and once more after an election's")
    func twice() {
        var schedule = DoubtSchedule()
        #expect(schedule.due == nil)
        schedule.raise(now: .seconds(100))
        #expect(schedule.take(now: .seconds(105)) == false)
        #expect(schedule.take(now: .seconds(106)) == true)
        #expect(schedule.take(now: .seconds(124)) == false)
        #expect(schedule.take(now: .seconds(125)) == true)
        #expect(schedule.due == nil)
    }

    @Test("A row of doubts is one reading, after the last of them")
    func row() {
        var schedule = DoubtSchedule()
        for second in 0..<8 {
            schedule.raise(now: .seconds(second))
            #expect(schedule.take(now: .seconds(second)) == false)
        }
        #expect(schedule.take(now: .seconds(12)) == false)
        #expect(schedule.take(now: .seconds(13)) == true)
        #expect(schedule.take(now: .seconds(14)) == false)
    }

    @Test("Doubts without end don't put the reading off without end, nor do they make one each")
    func endless() {
        var schedule = DoubtSchedule()
        var readings: [Int] = []
        for second in 0..<60 {
            schedule.raise(now: .seconds(second))
            if schedule.take(now: .seconds(second)) { readings.append(second) }
        }
        #expect(readings == [15, 31, 47])
    }

    @Test("A server that is alone reads its store anew, and again if that fails")
    func desk() async throws {
        let (clock, readings) = (HandClock(), Readings())
        readings.fail(times: 1)
        let desk = DoubtDesk(clock: clock) { try readings.note() }
        desk.raise()
        desk.raise()
        // After the doubt, after the reading that failed, and the late one.
        for (count, seconds) in [(0, 6), (1, 6), (2, 19)] {
            try await jobIsSeen("the desk waits") { clock.sleepers == 1 && readings.count == count }
            clock.advance(.seconds(seconds))
        }
        try await jobIsSeen("the late reading") { readings.count == 3 && clock.sleepers == 0 }
        // It begins anew when it has ended.
        desk.raise()
        try await jobIsSeen("the desk waits again") { clock.sleepers == 1 }
        withExtendedLifetime(desk) {}
    }

    @Test("A runner without a relay tells the desk")
    func alone() async throws {
        let (clock, readings) = (HandClock(), Readings())
        let fixture = try await StoreFixture("doubt")
        let publisher = WorkPublisher(
            feeds: fixture.feeds, sessions: fixture.sessions, doubts: DoubtDesk(clock: clock) { try readings.note() }
        )
        let runner = WorkRunner(store: fixture.store, publisher: publisher)
        await #expect(throws: Problem.storeUnavailable) {
            try await runner.run(fixture.context()) { _ in throw Problem.storeUnavailable }
        }
        try await jobIsSeen("the desk waits") { clock.sleepers == 1 }
        clock.advance(.seconds(6))
        try await jobIsSeen("the reading") { readings.count == 1 }
        withExtendedLifetime(publisher) {}
    }
}

import Support
import Testing

@testable import Storage

@Suite("When a unit is tried again")
struct RetryScheduleTests {
    private let start = ContinuousClock.now

    private func schedule(_ change: (inout MongoOptions) -> Void = { _ in }) -> RetrySchedule {
        var options = MongoOptions(uri: "")
        change(&options)
        return RetrySchedule(options, random: SeededRandom(seed: 7), end: start + .seconds(10))
    }

    /// What follows on a fault that comes again and again.
    private func steps(
        _ schedule: RetrySchedule, _ fault: MongoFault, at now: ContinuousClock.Instant
    ) -> [RetrySchedule.Step] {
        var (schedule, steps) = (schedule, [RetrySchedule.Step]())
        while steps.count < 1000 {
            let step = schedule.after(fault, now: now)
            if step == .giveUp { break }
            steps.append(step)
        }
        return steps
    }

    @Test("pauses are random below a bound that doubles up to the longest")
    func pauses() {
        let pauses = steps(schedule { $0.attempts = 200 }, .conflict, at: start).compactMap { step -> Duration? in
            guard case .again(let pause, _) = step else { return nil }
            return pause
        }
        #expect(pauses.count == 199)
        for (index, pause) in pauses.enumerated() {
            #expect(pause <= min(.milliseconds(4) * (1 << min(index, 10)), .milliseconds(400)))
        }
        #expect(Set(pauses.suffix(100)).count > 90)
        #expect(pauses.suffix(150).max() ?? .zero > .milliseconds(350))
    }

    @Test("tries are counted, those for a unique key more strictly")
    func bounds() {
        #expect(steps(schedule { $0.attempts = 12 }, .conflict, at: start).count == 11)
        #expect(steps(schedule { $0.duplicateKeyAttempts = 4 }, .duplicateKey, at: start).count == 3)
    }

    @Test("nothing is tried when it is too late")
    func deadline() {
        #expect(steps(schedule(), .conflict, at: start + .seconds(10)).isEmpty)
        #expect(!steps(schedule(), .conflict, at: start).isEmpty)
    }

    @Test("what another try can't mend is given up at once", arguments: [MongoFault.fatal, .unreachable, .unknownCommit])
    func hopeless(fault: MongoFault) {
        #expect(steps(schedule(), fault, at: start).isEmpty)
    }

    @Test("after some conflicts a unit runs alone")
    func alone() {
        let flags = steps(schedule { $0.conflictsUntilAlone = 3 }, .conflict, at: start).compactMap { step -> Bool? in
            guard case .again(_, let alone) = step else { return nil }
            return alone
        }
        #expect(flags.prefix(4) == [false, false, true, true])
    }
}

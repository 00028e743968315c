import CommandBus
import Testing

@testable import Gateway

@Suite("What the silence of the store means")
struct StoreVigilTests {
    private func vigil() -> StoreVigil { StoreVigil(grace: .seconds(10)) }

    @Test("A silence is nothing until the grace is over, counted from the first question without an answer")
    func grace() {
        var vigil = vigil()
        #expect(vigil.sawRead(.failed, askedAt: .seconds(5), now: .seconds(7)) == [])
        #expect(vigil.sawRead(.failed, askedAt: .seconds(8), now: .seconds(14)) == [])
        #expect(
            vigil.sawRead(.failed, askedAt: .seconds(13), now: .seconds(15))
                == [.found(.storeUnreachable, lasting: .seconds(10))]
        )
        #expect(
            vigil.sawRead(.answered(true), askedAt: .seconds(16), now: .seconds(16))
                == [.gone(.storeUnreachable), .gone(.foreignSchema)]
        )
    }

    @Test("One answer ends a silence: two short ones are not a long one")
    func answers() {
        var vigil = vigil()
        _ = vigil.sawRead(.failed, askedAt: .seconds(0), now: .seconds(9))
        _ = vigil.sawRead(.answered(true), askedAt: .seconds(9), now: .seconds(9))
        #expect(vigil.sawRead(.failed, askedAt: .seconds(10), now: .seconds(19)) == [])
    }

    @Test("Too much work neither begins a silence nor ends one")
    func busy() {
        var vigil = vigil()
        for second in 0..<60 {
            #expect(vigil.sawRead(.busy, askedAt: .seconds(second), now: .seconds(second)) == [])
        }
        _ = vigil.sawRead(.failed, askedAt: .seconds(60), now: .seconds(62))
        #expect(
            vigil.sawRead(.busy, askedAt: .seconds(70), now: .seconds(70))
                == [.found(.storeUnreachable, lasting: .seconds(10))]
        )
    }

    @Test("A store that answers and takes nothing is one thing, a store that does not answer another, but never both")
    func writes() {
        var vigil = vigil()
        _ = vigil.sawRead(.answered(true), askedAt: .seconds(0), now: .seconds(0))
        _ = vigil.sawWrite(.failed, askedAt: .seconds(0), now: .seconds(0))
        #expect(
            vigil.sawWrite(.failed, askedAt: .seconds(10), now: .seconds(10))
                == [.found(.storeNotWritable, lasting: .seconds(10))]
        )
        _ = vigil.sawRead(.failed, askedAt: .seconds(11), now: .seconds(13))
        #expect(vigil.sawWrite(.failed, askedAt: .seconds(12), now: .seconds(14)) == [])
        _ = vigil.sawRead(.answered(true), askedAt: .seconds(15), now: .seconds(15))
        #expect(
            vigil.sawWrite(.failed, askedAt: .seconds(15), now: .seconds(15))
                == [.found(.storeNotWritable, lasting: .seconds(15))]
        )
        #expect(vigil.sawWrite(.answered(()), askedAt: .seconds(16), now: .seconds(16)) == [.gone(.storeNotWritable)])
    }

    @Test("The schema of another version is found at once")
    func schema() {
        var vigil = vigil()
        #expect(
            vigil.sawRead(.answered(false), askedAt: .zero, now: .zero)
                == [.gone(.storeUnreachable), .found(.foreignSchema, lasting: .zero)]
        )
    }

    @Test("Checks are due soon after the start, then over and over, sooner after a failure, and when asked for")
    func schedule() {
        var schedule = CheckSchedule(interval: .seconds(3600), start: .seconds(100))
        #expect(!schedule.isDue(at: .seconds(159)))
        #expect(schedule.isDue(at: .seconds(160)))
        schedule.begin(at: .seconds(160))
        #expect(!schedule.isDue(at: .seconds(3759)))
        #expect(schedule.isDue(at: .seconds(3760)))
        schedule.fail(at: .seconds(3761))
        #expect(!schedule.isDue(at: .seconds(3820)))
        #expect(schedule.isDue(at: .seconds(3821)))
        schedule.begin(at: .seconds(3821))
        schedule.callNow(at: .seconds(3822))
        #expect(schedule.isDue(at: .seconds(3822)))
        // The first check does not wait longer than the others.
        #expect(CheckSchedule(interval: .seconds(2), start: .zero).isDue(at: .seconds(2)))
    }
}

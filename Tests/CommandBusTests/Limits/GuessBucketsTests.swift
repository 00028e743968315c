import Support
import Testing

@testable import CommandBus

@Suite("Guesses, bounded in memory")
struct GuessBucketsTests {
    private let clock = TestClock()
    private let buckets = GuessBuckets()

    private func budget(_ name: String, burst: Int = 1, perSecond: Double = 1) -> GuessBudget {
        GuessBudget(name, Rate(perSecond: perSecond, burst: burst))
    }

    private func take(_ budgets: GuessBudget...) async -> Int? {
        await buckets.take(budgets, at: clock.now())
    }

    @Test("A budget that gave all its tries back is not kept")
    func fullIsForgotten() async {
        let both = [budget("a", burst: 2), budget("b")]
        #expect(await buckets.take(both, at: clock.now()) == nil)
        #expect(buckets.count == 2)
        await buckets.giveBack(both, at: clock.now())
        #expect(buckets.count == 0)
        await buckets.giveBack(both, at: clock.now())
        #expect(buckets.count == 0)
        #expect(await take(budget("b")) == nil)
        #expect(await take(budget("b")) == 1)
    }

    @Test("A million guessed names take no memory for long")
    func bounded() async {
        for round in 0..<20 {
            for name in 0..<1000 { #expect(await take(budget("\(round)-\(name)")) == nil) }
            clock.advance(seconds: 2)
        }
        // At most twice those that are not full, or 4,096: here 1,000 are not full at a time.
        #expect(buckets.count <= 4097)
    }

    @Test("Without limits every guess is admitted")
    func unlimited() async {
        let limiter = UnlimitedGuesses()
        for _ in 0..<5 { #expect(await limiter.take([budget("a")], at: clock.now()) == nil) }
        await limiter.giveBack([budget("a")], at: clock.now())
    }
}

import Support
import Testing

@testable import CommandBus

@Suite("Token buckets")
struct TokenBucketsTests {
    private let clock = TestClock()
    private let rider = RateSubject.account(AccountID(trusted: "a_1"))

    private func admit(_ buckets: TokenBuckets, _ subject: RateSubject? = nil, _ cost: CostClass = .write) async -> Int? {
        await buckets.admit(subject ?? rider, cost, at: clock.now())
    }

    @Test("A burst is admitted, then one at a time as they come back")
    func burst() async {
        let buckets = TokenBuckets(rates: [.write: Rate(perSecond: 2, burst: 3)])
        for _ in 0..<3 { #expect(await admit(buckets) == nil) }
        #expect(await admit(buckets) == 1)
        clock.advance(milliseconds: 499)
        #expect(await admit(buckets) == 1)
        clock.advance(milliseconds: 1)
        #expect(await admit(buckets) == nil)
        #expect(await admit(buckets) == 1)
        // However long one waits, no more than the burst is there.
        clock.advance(seconds: 3600)
        for _ in 0..<3 { #expect(await admit(buckets) == nil) }
        #expect(await admit(buckets) == 1)
    }

    @Test("Who comes back when told is admitted, and not a second before", arguments: [0.01, 0.1, 0.3, 0.7, 1.0, 3.0])
    func honest(perSecond: Double) async throws {
        let buckets = TokenBuckets(rates: [.write: Rate(perSecond: perSecond, burst: 1)])
        #expect(await admit(buckets) == nil)
        let seconds = try #require(await admit(buckets))
        #expect(seconds == max(1, Int((1 / perSecond).rounded(.up))))
        if seconds > 1 {
            clock.advance(seconds: seconds - 2)
            #expect(await admit(buckets) != nil)
            clock.advance(seconds: 2)
        } else {
            clock.advance(seconds: 1)
        }
        #expect(await admit(buckets) == nil)
    }

    @Test("Being refused costs nothing")
    func refusalsAreFree() async {
        let buckets = TokenBuckets(rates: [.write: Rate(perSecond: 1, burst: 1)])
        #expect(await admit(buckets) == nil)
        for _ in 0..<9 {
            clock.advance(milliseconds: 100)
            #expect(await admit(buckets) == 1)
        }
        clock.advance(milliseconds: 100)
        #expect(await admit(buckets) == nil)
    }

    @Test("Each subject and each class has a bucket of its own")
    func subjects() async {
        let buckets = TokenBuckets(rates: [.write: Rate(perSecond: 1, burst: 1), .read: Rate(perSecond: 1, burst: 1)])
        #expect(await admit(buckets) == nil)
        #expect(await admit(buckets, nil, .read) == nil)
        #expect(await admit(buckets, .account(AccountID(trusted: "a_2"))) == nil)
        #expect(await admit(buckets, .address("a_1")) == nil)
        #expect(await admit(buckets) == 1)
        for _ in 0..<5 { #expect(await admit(buckets, nil, .credential) == nil, "a class without a rate is not limited") }
        #expect(buckets.count == 4)
    }

    @Test("A network address, which many may share, has so many times the rate of an account")
    func sharing() async {
        let rates = RateTable([.write: Rate(perSecond: 1, burst: 2)], sharing: 10)
        #expect(rates.rate(of: rider, .write) == Rate(perSecond: 1, burst: 2))
        #expect(rates.rate(of: .address("192.0.2.1"), .write) == Rate(perSecond: 10, burst: 20))
        #expect(rates.rate(of: .address("192.0.2.1"), .read) == nil)
        let buckets = TokenBuckets(rates: rates)
        for _ in 0..<20 { #expect(await admit(buckets, .address("192.0.2.1")) == nil) }
        #expect(await admit(buckets, .address("192.0.2.1")) == 1)
        clock.advance(milliseconds: 100)
        #expect(await admit(buckets, .address("192.0.2.1")) == nil)
    }

    @Test("A clock that was set back refills nothing, and locks nobody out")
    func clockSetBack() async {
        let buckets = TokenBuckets(rates: [.write: Rate(perSecond: 1, burst: 1)])
        let start = clock.now()
        #expect(await admit(buckets) == nil)
        clock.set(start.adding(seconds: -3600))
        #expect(await admit(buckets) == 1)
        clock.advance(seconds: 1)
        #expect(await admit(buckets) == nil)
    }

    @Test("Full buckets are forgotten")
    func sweep() async {
        let buckets = TokenBuckets(rates: [.write: Rate(perSecond: 1, burst: 1)])
        for index in 0..<4096 { #expect(await admit(buckets, .address("\(index)")) == nil) }
        #expect(buckets.count == 4096)
        clock.advance(seconds: 10)
        #expect(await admit(buckets, .address("last")) == nil)
        #expect(buckets.count == 1)
        #expect(await admit(buckets, .address("last")) == 1)
    }

    @Test("Buckets that are not full are kept, however many they are")
    func sweepKeeps() async {
        let buckets = TokenBuckets(rates: [.write: Rate(perSecond: 1, burst: 1)])
        for index in 0..<5000 { #expect(await admit(buckets, .address("\(index)")) == nil) }
        #expect(buckets.count == 5000)
        #expect(await admit(buckets, .address("0")) == 1)
    }

    @Test("Of many at once no more than the burst is admitted")
    func concurrency() async {
        let buckets = TokenBuckets(rates: [.write: Rate(perSecond: 1, burst: 10)])
        let (now, rider) = (clock.now(), rider)
        let admitted = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 { group.addTask { await buckets.admit(rider, .write, at: now) == nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(admitted == 10)
    }
}

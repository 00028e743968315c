import CommandBus
import Testing

@Suite("Leases within a process")
struct LocalLeasesTests {
    private let clock = HandClock()
    private let leases: LocalLeases
    private let life: Duration = .seconds(10)

    init() {
        leases = LocalLeases(clock: clock)
    }

    @Test("One holds a lease; another job's is another's")
    func oneHolder() throws {
        let lease = try #require(leases.acquire("roll", above: 0, for: life))
        #expect(lease.token == 1)
        #expect(leases.acquire("roll", above: 0, for: life) == nil)
        #expect(leases.acquire("backup", above: 0, for: life)?.token == 1)
    }

    @Test("After its life, or when it was given back, it is the next one's, with a higher token")
    func next() throws {
        let first = try #require(leases.acquire("roll", above: 0, for: life))
        clock.advance(.milliseconds(9999))
        #expect(leases.acquire("roll", above: 0, for: life) == nil)
        clock.advance(.milliseconds(1))
        let second = try #require(leases.acquire("roll", above: 0, for: life))
        #expect(second.token == 2)
        #expect(!leases.renew(first, for: life))
        leases.release(first)
        #expect(leases.acquire("roll", above: 0, for: life) == nil, "who lost a lease can't give it back")
        leases.release(second)
        #expect(leases.acquire("roll", above: 0, for: life)?.token == 3)
    }

    @Test("A renewal counts from now; an ended lease can't be renewed even if nobody else has it")
    func renewal() throws {
        let lease = try #require(leases.acquire("roll", above: 0, for: life))
        clock.advance(.seconds(9))
        #expect(leases.renew(lease, for: life))
        clock.advance(.seconds(9))
        #expect(leases.acquire("roll", above: 0, for: life) == nil)
        clock.advance(.seconds(1))
        #expect(!leases.renew(lease, for: life))
    }

    @Test("A token is higher than the floor")
    func floor() throws {
        let lease = try #require(leases.acquire("roll", above: 41, for: life))
        #expect(lease.token == 42)
        leases.release(lease)
        #expect(leases.acquire("roll", above: 7, for: life)?.token == 43)
    }
}

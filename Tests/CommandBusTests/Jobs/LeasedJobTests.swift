import CommandBus
import Foundation
import Storage
import Support
import Synchronization
import Testing

@Suite("Jobs under a lease, on a real store")
struct LeasedJobTests {
    private typealias Job = LeasedJob<SuiteStore>

    private let fixture: StoreFixture
    /// The desk's clock; each instance has its own.
    private let deskClock = HandClock()
    private let desk: SwitchedDesk
    private let life: Duration = .seconds(9)

    init() async throws {
        fixture = try await StoreFixture("jobs")
        desk = SwitchedDesk(LocalLeases(clock: deskClock))
    }

    private func job(_ clock: HandClock, every interval: Duration = .seconds(60)) -> Job {
        Job(
            "roll", every: interval, life: life, desk: desk, runner: fixture.runner, clock: clock, wallClock: fixture.clock,
            random: fixture.random, logger: StoreFixture.silent
        )
    }

    /// A unit of work that leaves its name in the store.
    private func write(
        _ name: String, through runner: some UnitRunner<SuiteTransaction>
    ) async throws {
        try await runner.run(fixture.context()) { work in
            let names = try work.tx.setting("rounds").map { try WireJSON.decode([String].self, from: $0) } ?? []
            try work.tx.set("rounds", WireJSON.encode(names + [name]))
        }
    }

    private var written: [String] {
        get async throws {
            try await fixture.read { try $0.setting("rounds").map { try WireJSON.decode([String].self, from: $0) } ?? [] }
        }
    }

    @Test("Of two instances one does every round; when it stops, the other takes over at its next look")
    func oneOfTwo() async throws {
        let (first, second) = (HandClock(), HandClock())
        let rounds = Rounds()
        let leader = Task {
            await job(first).run { runner in
                try await write("first", through: runner)
                rounds.add("first")
            }
        }
        // Asleep: until the next round, and until the next renewal.
        try await jobIsSeen("the first round") { first.sleepers == 2 }
        let other = Task {
            await job(second).run { runner in
                try await write("second", through: runner)
                rounds.add("second")
            }
        }
        try await jobIsSeen("the second to wait") { second.sleepers == 1 }
        for round in 2...4 {
            // Renewals keep the lease over many lives.
            for _ in 0..<20 {
                for clock in [deskClock, first, second] { clock.advance(.seconds(3)) }
                try await jobIsSeen("the renewal") { first.sleepers == 2 && second.sleepers == 1 }
            }
            try await jobIsSeen("round \(round)") { rounds.names.count == round }
        }
        #expect(rounds.names == Array(repeating: "first", count: 4))

        leader.cancel()
        await leader.value
        second.advance(life)
        try await jobIsSeen("the takeover") { rounds.names.last == "second" }
        #expect(try await written == ["first", "first", "first", "first", "second"])
        other.cancel()
        await other.value
    }

    @Test("The late write of an instance that was paused in the middle of its round is refused")
    func lateWrite() async throws {
        let late = try await pausedInstance { runner, name in try await write(name, through: runner) }
        #expect(late as? FencedOut == FencedOut(job: "roll"))
        #expect(try await written == ["before", "taken over"])
    }

    @Test("Control: without the fence the late write lands")
    func control() async throws {
        let late = try await pausedInstance { _, name in try await write(name, through: fixture.runner) }
        #expect(late == nil)
        #expect(try await written == ["before", "taken over", "late"])
    }

    /// Pauses an instance inside a round, lets another take over, and lets the first go on.
    ///
    /// - Returns: what the first one's late write threw.
    private func pausedInstance(
        _ write: @escaping @Sendable (LeasedRunner<SuiteStore>, String) async throws -> Void
    ) async throws -> (any Error)? {
        // The clock of an instance that is paused stands still: no renewal is due, none is noticed as missing.
        let (paused, gate) = (HandClock(), Gate())
        let late = Late()
        let first = Task {
            try await job(paused).runOnce { runner in
                try await write(runner, "before")
                await gate.pass()
                do {
                    try await write(runner, "late")
                } catch {
                    late.set(error)
                }
            }
        }
        try await jobIsSeen("the pause") { gate.waiting == 1 }
        let other = job(HandClock())
        #expect(try await other.runOnce { try await write($0, "too early") } == false)
        deskClock.advance(life)
        #expect(try await other.runOnce { try await write($0, "taken over") })
        gate.open()
        #expect(try await first.value)
        return late.error
    }

    @Test("A round is cancelled when a renewal is refused")
    func refusedRenewal() async throws {
        let clock = HandClock()
        let cancellations = Tally()
        let round = Task {
            try await job(clock).runOnce { _ in
                do {
                    try await HandClock().sleep(for: .seconds(1))
                } catch {
                    cancellations.add()
                    throw error
                }
            }
        }
        try await jobIsSeen("the renewals to begin") { clock.sleepers == 1 }
        deskClock.advance(life)
        clock.advance(life / 3)
        await #expect(throws: LeaseLost.self) { try await round.value }
        #expect(cancellations.value == 1)
    }

    @Test("While the desk is away a lease is trusted for its life, and no longer; then the job waits, and goes on")
    func deskAway() async throws {
        let clock = HandClock()
        let (begun, ended) = (Tally(), Tally())
        let running = Task {
            await job(clock).run { _ in
                begun.add()
                defer { ended.add() }
                try await HandClock().sleep(for: .seconds(1))
            }
        }
        try await jobIsSeen("the first round") { begun.value == 1 && clock.sleepers == 1 }
        desk.isAway = true
        // The first renewal fails at a third of the life, and is tried again until the life is over.
        clock.advance(.seconds(3))
        try await jobIsSeen("another try") { clock.sleepers == 1 && desk.refusals == 1 }
        for tries in 2...7 {
            clock.advance(.milliseconds(900))
            try await jobIsSeen("try \(tries)") { clock.sleepers == 1 && desk.refusals == tries }
        }
        #expect(ended.value == 0)
        clock.advance(.milliseconds(900))
        try await jobIsSeen("the end of the round") { ended.value == 1 && clock.sleepers == 1 }

        clock.advance(life)
        try await jobIsSeen("the job to ask again") { desk.refusals == 8 && clock.sleepers == 1 }
        #expect(begun.value == 1)
        desk.isAway = false
        deskClock.advance(life)
        clock.advance(life)
        try await jobIsSeen("the job to go on") { begun.value == 2 }
        running.cancel()
        await running.value
    }

    @Test("A desk that lost its memory hands out no old token")
    func forgetfulDesk() async throws {
        for _ in 0..<3 { #expect(try await job(HandClock()).runOnce { _ in }) }
        let fresh = LocalLeases(clock: deskClock)
        desk.base = fresh
        let token = Mutex<Int64>(0)
        #expect(try await job(HandClock()).runOnce { runner in token.withLock { $0 = runner.lease.token } })
        #expect(token.withLock { $0 } == 4)
        #expect(try await fixture.kept.row(of: "fences") { $0["job"] == "roll" }.integer("token") == 4)
    }

    @Test("A round that fails ends neither the job nor its lease")
    func failure() async throws {
        let clock = HandClock()
        let rounds = Tally()
        let running = Task {
            await job(clock, every: .seconds(1)).run { _ in
                rounds.add()
                throw CounterFault()
            }
        }
        for round in 1...3 {
            try await jobIsSeen("round \(round)") { rounds.value == round && clock.sleepers == 2 }
            clock.advance(.seconds(1))
        }
        running.cancel()
        await running.value
        #expect(try await job(HandClock()).runOnce { _ in }, "a job that stops gives its lease back")
    }
}

/// What a late write threw.
private final class Late: Sendable {
    private let state = Mutex<(any Error)?>(nil)
    var error: (any Error)? { state.withLock { $0 } }
    func set(_ error: any Error) { state.withLock { $0 = error } }
}

/// Who did a round, in their order.
private final class Rounds: Sendable {
    private let state = Mutex<[String]>([])
    var names: [String] { state.withLock { $0 } }
    func add(_ name: String) { state.withLock { $0.append(name) } }
}

/// A desk that can be out of reach, or be another one than before.
private final class SwitchedDesk: LeaseDesk {
    private struct Away: Error {}

    private let state: Mutex<(base: LocalLeases, isAway: Bool, refusals: Int)>

    init(_ base: LocalLeases) {
        state = Mutex((base, false, 0))
    }

    /// How often nothing could be asked.
    var refusals: Int { state.withLock { $0.refusals } }

    var isAway: Bool {
        get { state.withLock { $0.isAway } }
        set { state.withLock { $0.isAway = newValue } }
    }

    var base: LocalLeases {
        get { state.withLock { $0.base } }
        set { state.withLock { $0.base = newValue } }
    }

    private func reached() throws -> LocalLeases {
        try state.withLock { state in
            if state.isAway {
                state.refusals += 1
                throw Away()
            }
            return state.base
        }
    }

    func acquire(_ job: String, above floor: Int64, for life: Duration) async throws -> Lease? {
        try reached().acquire(job, above: floor, for: life)
    }

    func renew(_ lease: Lease, for life: Duration) async throws -> Bool {
        try reached().renew(lease, for: life)
    }

    func release(_ lease: Lease) async {
        if !isAway { base.release(lease) }
    }
}

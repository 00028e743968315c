import CommandBus
import Foundation
import Support
import Synchronization
import Testing

@Suite("Units of work that other instances hear of")
struct WorkRelayTests {
    /// Keeps what it is told, and numbers it.
    private final class NotedRelay: WorkRelay {
        private struct State {
            var all: [WorkNews] = []
            var sequence: UInt64 = 40
            var doubts = 0
        }
        private let state = Mutex(State())
        private let tells: Bool
        private let before: @Sendable () async -> Void
        var all: [WorkNews] { state.withLock { $0.all } }
        var doubts: Int { state.withLock { $0.doubts } }

        /// - Parameter tells: whether anybody can be reached.
        init(tells: Bool = true, before: @escaping @Sendable () async -> Void = {}) {
            self.tells = tells
            self.before = before
        }

        func relay(_ news: WorkNews) async -> FeedPosition? {
            await before()
            return state.withLock { state in
                state.all.append(news)
                state.sequence += UInt64(news.changes.count)
                return tells && !news.changes.isEmpty ? FeedPosition(epoch: "shared", sequence: state.sequence) : nil
            }
        }

        func doubt() {
            state.withLock { $0.doubts += 1 }
        }
    }

    private final class Order: Sendable {
        private let steps = Mutex<[String]>([])
        var all: [String] { steps.withLock { $0 } }
        func note(_ step: String) { steps.withLock { $0.append(step) } }
    }

    private let fixture: StoreFixture
    private let rider = "rider/a_1"

    init() async throws {
        fixture = try await StoreFixture("relay")
    }

    private func publisher(_ relay: some WorkRelay) -> WorkPublisher {
        WorkPublisher(feeds: fixture.feeds, sessions: fixture.sessions, relay: relay)
    }

    private func bus(_ relay: some WorkRelay, committed: @escaping @Sendable () -> Void = {}) -> CommandBus {
        var registry = CommandRegistry(store: fixture.store, publisher: publisher(relay))
        registry.registerCounter(committed: committed)
        return CommandBus(
            table: registry.table(), feeds: fixture.feeds, sessions: fixture.sessions, authenticator: NamedTokens(),
            limiter: TokenBuckets(rates: [:]), windows: StoreFixture.everythingOpen, maintenance: MaintenanceSwitch(),
            clock: fixture.clock, random: fixture.random, logger: StoreFixture.silent
        )
    }

    @Test("They are told once, and the reply has the position that all instances share")
    func told() async throws {
        let relay = NotedRelay()
        let reply = try await bus(relay).send("counter.add", #"{"by":5}"#, as: rider)
        #expect(reply.status == 201)
        #expect(reply.position?.description == "shared.41")
        #expect(relay.all.count == 1)
        let news = try #require(relay.all.first)
        #expect(news.changes.map(\.data) == [reply.body])
        #expect(news.endedSessions.map(\.account.raw) == ["a_ended"])
        #expect(news.hasMail)
        #expect(!news.changedSettings)
        // It comes back with the number of all; told here as well, it would be told twice.
        #expect(fixture.feeds.position.sequence == 0)
    }

    @Test("What does not happen is not told, and what has happened before is not told again")
    func nothing() async throws {
        let relay = NotedRelay()
        let bus = bus(relay)
        for ending in ["refusal", "busy", "fault"] {
            let reply = try await bus.send("counter.add", #"{"by":5,"then":"\#(ending)"}"#, as: rider, key: ending)
            #expect(reply.isProblem)
        }
        #expect(relay.all.isEmpty)
        let first = try await bus.send("counter.add", #"{"by":5}"#, as: rider, key: "k1")
        let second = try await bus.send("counter.add", #"{"by":5}"#, as: rider, key: "k1")
        #expect(first.position != nil)
        #expect(second.isReplay && second.position == nil)
        #expect(relay.all.count == 1)
    }

    @Test("If nobody can be told, the work is done all the same, and has no position")
    func unreachable() async throws {
        let relay = NotedRelay(tells: false)
        let reply = try await bus(relay).send("counter.add", #"{"by":5}"#, as: rider)
        #expect(reply.status == 201)
        #expect(reply.position == nil)
        #expect(fixture.feeds.position.sequence == 0)
    }

    @Test("First what is in memory, then caches, then the others, and then the answer")
    func order() async throws {
        let order = Order()
        fixture.sessions.observe { _ in order.note("signalled") }
        fixture.sessions.observe(beforeAnswer: { _ in
            await Task.yield()
            order.note("forgotten")
        })
        let relay = NotedRelay(before: { order.note("relayed") })
        let reply = try await bus(relay, committed: { order.note("committed") }).send("counter.add", #"{"by":5}"#, as: rider)
        order.note("answered")
        #expect(reply.status == 201)
        #expect(order.all == ["committed", "signalled", "forgotten", "relayed", "answered"])
    }

    @Test("Without a relay, what has to be settled is waited for as well")
    func settlementAlone() async throws {
        let order = Order()
        let context = fixture.context()
        try await fixture.runner.run(context) { work in
            work.beforeAnswer {
                await Task.yield()
                order.note("settled")
            }
            work.afterCommit { order.note("committed") }
        }
        order.note("answered")
        #expect(order.all == ["committed", "settled", "answered"])
    }

    @Test("Nothing is settled for work that was undone")
    func undone() async throws {
        let order = Order()
        await #expect(throws: CounterFault.self) {
            try await fixture.runner.run(fixture.context()) { work in
                work.beforeAnswer { order.note("settled") }
                throw CounterFault()
            }
        }
        #expect(order.all.isEmpty)
    }

    @Test("A caller that goes away does not keep the others from being told")
    func cancelled() async throws {
        let order = Order()
        let relay = NotedRelay(before: { order.note(Task.isCancelled ? "cancelled" : "relayed") })
        let caller = Mutex<Task<Void, any Error>?>(nil)
        let gate = Gate()
        let runner = WorkRunner(store: fixture.store, publisher: publisher(relay))
        let context = fixture.context()
        let task = Task {
            await gate.pass()
            try await runner.run(context) { work in
                work.publish(try FeedChange(topic: "t", subject: "s", attributes: [:], data: 1))
                work.beforeAnswer { order.note(Task.isCancelled ? "cancelled" : "settled") }
                work.afterCommit { caller.withLock { $0 }?.cancel() }
            }
        }
        caller.withLock { $0 = task }
        gate.open()
        try await task.value
        #expect(task.isCancelled)
        #expect(order.all == ["settled", "relayed"])
        #expect(relay.all.count == 1)
    }

    @Test("A job's work is told too, and so is a changed setting; work that changes nothing is not")
    func jobs() async throws {
        let relay = NotedRelay()
        let runner = WorkRunner(store: fixture.store, publisher: publisher(relay))
        let value = try await runner.run(fixture.context()) { work in
            work.settingsChanged()
            return 7
        }
        #expect(value == 7)
        #expect(relay.all.map(\.changedSettings) == [true])
        try await runner.run(fixture.context()) { work in try work.record("job.run", subject: "s", ["a": 1]) }
        #expect(relay.all.count == 1)
    }

    @Test("Work that may have been done or not is a doubt; work that was certainly not done is none")
    func doubts() async throws {
        let relay = NotedRelay()
        let runner = WorkRunner(store: fixture.store, publisher: publisher(relay))
        for (problem, doubts) in [(Problem.storeBusy, 0), (Problem.storeUnavailable, 1)] {
            await #expect(throws: problem) {
                try await runner.run(fixture.context()) { work in
                    work.publish(try FeedChange(topic: "t", subject: "s", attributes: [:], data: 1))
                    throw problem
                }
            }
            #expect(relay.doubts == doubts)
        }
        #expect(relay.all.isEmpty)
    }
}

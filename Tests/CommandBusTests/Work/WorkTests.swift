import CommandBus
import Foundation
import Support
import Synchronization
import Testing

@Suite("Units of work, on a real store")
struct WorkTests {
    private let fixture: StoreFixture
    private let committed = Tally()
    private let ended = Tally()
    private let bus: CommandBus
    private let rider = "rider/a_1"

    init() async throws {
        fixture = try await StoreFixture("work")
        let (committed, ended) = (committed, ended)
        fixture.sessions.observe { _ in ended.add() }
        bus = fixture.bus { $0.registerCounter { committed.add() } }
    }

    /// Everything that one effect leaves behind, or none does.
    private func expectEffects(_ count: Int, total: Int?, _ location: SourceLocation = #_sourceLocation) async throws {
        let text = try await fixture.kept.setting("counter")
        #expect(text == total.map { "[\($0)]" }, sourceLocation: location)
        #expect(try await fixture.kept.count(of: "events") == count, sourceLocation: location)
        #expect(try await fixture.kept.count(of: "mail_outbox") == count, sourceLocation: location)
        #expect(fixture.feeds.position.sequence == UInt64(count), sourceLocation: location)
        #expect(fixture.mailSignalCount == count, sourceLocation: location)
        #expect(committed.value == count, sourceLocation: location)
        #expect(ended.value == count, sourceLocation: location)
    }

    private func keysKept() async throws -> Int { try await fixture.kept.count(of: "idempotency") }

    @Test("A success leaves its effect, and tells of it")
    func success() async throws {
        let reply = try await bus.send("counter.add", #"{"by":5}"#, as: rider)
        #expect(reply.status == 201)
        #expect(reply.position?.description == "test.1")
        try await expectEffects(1, total: 5)
        let event = try await fixture.kept.row(of: "events")
        #expect(event.texts("actor", "kind", "subject") == "a_1 counter.added counter")
        #expect(event.text("data") == reply.text)
        #expect(event.integer("at") == fixture.clock.now().milliseconds)
        #expect(try await keysKept() == 0)
    }

    @Test("What is told is told after the commit")
    func afterCommit() async throws {
        let seen = Mutex<String?>(nil)
        let (kept, fixture) = (fixture.kept, fixture)
        let bus = fixture.bus { registry in
            registry.registerCounter {
                // Another connection sees only what was committed.
                let text = try? blocking { try await kept.setting("counter") }
                seen.withLock { $0 = text }
            }
        }
        #expect(try await bus.send("counter.add", #"{"by":5}"#, as: rider).status == 201)
        #expect(seen.withLock { $0 } == "[5]")
    }

    @Test(
        "A refusal and a fault leave nothing, and tell nothing",
        arguments: [("refusal", 409), ("busy", 429), ("fault", 500)])
    func nothing(ending: String, status: Int) async throws {
        let reply = try await bus.send("counter.add", #"{"by":5,"then":"\#(ending)"}"#, as: rider)
        #expect(reply.status == status)
        #expect(reply.position == nil)
        try await expectEffects(0, total: nil)
        #expect(try await bus.send("counter.add", #"{"by":2}"#, as: rider).status == 201)
        try await expectEffects(1, total: 2)
    }

    @Test(
        "The same key and the same input: the first answer, byte by byte, and one effect",
        arguments: [
            #"{"by":5,"note":"x/é"}"#, "{\n  \"note\" : \"x\\/\\u00e9\" ,\t\"by\" : 5.0 }",
            #"{"note":" x/é ","by":5,"then":null}"#,
        ])
    func replay(again: String) async throws {
        let first = try await bus.send("counter.add", #"{"by":5,"note":"x/é"}"#, as: rider, key: "k1")
        #expect(first.status == 201)
        #expect(!first.isReplay)
        fixture.clock.advance(seconds: 90_000)
        let second = try await bus.send("counter.add", again, as: rider, key: "k1", address: "192.0.2.2", trace: "another")
        #expect(second.status == 201)
        #expect(second.body == first.body)
        #expect(second.isReplay)
        #expect(!second.isProblem)
        #expect(second.position == nil)
        try await expectEffects(1, total: 5)
        #expect(try await keysKept() == 1)
    }

    @Test("The same key with another input is refused, and the first answer stays")
    func otherInput() async throws {
        let first = try await bus.send("counter.add", #"{"by":5}"#, as: rider, key: "k1")
        for input in [#"{"by":6}"#, #"{"by":5,"note":"x"}"#] {
            let reply = try await bus.send("counter.add", input, as: rider, key: "k1")
            #expect(reply.status == 422)
            #expect(reply.code == "idempotency_key_reused")
        }
        #expect(try await bus.send("counter.add", #"{"by":5}"#, as: rider, key: "k1").body == first.body)
        try await expectEffects(1, total: 5)
    }

    @Test("The same key for another command is refused")
    func otherCommand() async throws {
        _ = try await bus.send("counter.add", #"{"by":5}"#, as: rider, key: "k1")
        #expect(try await bus.send("counter.other", #"{"by":5}"#, as: rider, key: "k1").code == "idempotency_key_reused")
        try await expectEffects(1, total: 5)
    }

    @Test("Another key, or none, is another effect")
    func otherKeys() async throws {
        for key in ["k1", "k2", "K1", nil, nil] {
            #expect(try await bus.send("counter.add", #"{"by":1}"#, as: rider, key: key).status == 201)
        }
        try await expectEffects(5, total: 5)
        #expect(try await keysKept() == 3)
    }

    @Test("Two accounts may use the same key")
    func accounts() async throws {
        let first = try await bus.send("counter.add", #"{"by":1}"#, as: rider, key: "k1")
        let second = try await bus.send("counter.add", #"{"by":2}"#, as: "rider/a_2", key: "k1")
        #expect(second.status == 201)
        #expect(!second.isReplay)
        #expect(first.body != second.body)
        try await expectEffects(2, total: 3)
    }

    @Test("A refusal is an answer, and is repeated as it was")
    func refusalIsKept() async throws {
        let input = #"{"by":5,"then":"refusal"}"#
        let first = try await bus.send("counter.add", input, as: rider, key: "k1", trace: "first")
        #expect(first.status == 409)
        #expect(!first.isReplay)
        let second = try await bus.send("counter.add", input, as: rider, key: "k1", trace: "second")
        #expect(second.body == first.body)
        #expect(second.problem?.trace == "first")
        #expect(second.status == 409)
        #expect(second.isProblem && second.isReplay)
        #expect(try await bus.send("counter.add", #"{"by":5}"#, as: rider, key: "k1").code == "idempotency_key_reused")
        try await expectEffects(0, total: nil)
        #expect(try await keysKept() == 1)
    }

    @Test("A fault is no answer: the key stays free", arguments: ["fault", "busy"])
    func faultIsNotKept(ending: String) async throws {
        let failed = try await bus.send("counter.add", #"{"by":5,"then":"\#(ending)"}"#, as: rider, key: "k1")
        #expect(failed.status >= 429)
        #expect(try await keysKept() == 0)
        let reply = try await bus.send("counter.add", #"{"by":5}"#, as: rider, key: "k1")
        #expect(reply.status == 201)
        #expect(!reply.isReplay)
        try await expectEffects(1, total: 5)
    }

    @Test("An input that is refused before the work keeps no key")
    func invalidInputIsNotKept() async throws {
        #expect(try await bus.send("counter.add", #"{"by":0}"#, as: rider, key: "k1").code == "invalid_input")
        #expect(try await bus.send("counter.add", #"{"by":5}"#, as: rider, key: "k1").status == 201)
        try await expectEffects(1, total: 5)
    }

    /// T6 of the product: one effect an idempotency key.
    @Test("A hundred at once with one key: one effect, and one answer for all")
    func hundred() async throws {
        let (bus, rider) = (bus, rider)
        let replies = try await withThrowingTaskGroup(of: CommandReply.self) { group in
            for index in 0..<100 {
                group.addTask {
                    let space = String(repeating: " ", count: index % 7)
                    return try await bus.send(
                        "counter.add", "{\(space)\"by\":\(space)5}", as: rider, key: "k1", trace: "\(index)")
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replies.count == 100)
        #expect(Set(replies.map(\.body)).count == 1)
        #expect(replies.allSatisfy { $0.status == 201 })
        #expect(replies.count { !$0.isReplay } == 1)
        #expect(replies.count { $0.position != nil } == 1)
        try await expectEffects(1, total: 5)
    }

    @Test("The control: without a key a hundred at once are a hundred effects")
    func hundredWithoutKey() async throws {
        let (bus, rider) = (bus, rider)
        let replies = try await withThrowingTaskGroup(of: CommandReply.self) { group in
            for _ in 0..<100 { group.addTask { try await bus.send("counter.add", #"{"by":1}"#, as: rider) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(replies.map(\.body)).count == 100)
        #expect(Set(replies.compactMap { $0.position?.sequence }) == Set(1...100))
        try await expectEffects(100, total: 100)
    }

    @Test("The positions of replies follow the order of commits")
    func positionsFollowCommits() async throws {
        let (bus, rider) = (bus, rider)
        let replies = try await withThrowingTaskGroup(of: CommandReply.self) { group in
            for _ in 0..<200 { group.addTask { try await bus.send("counter.add", #"{"by":1}"#, as: rider) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let outputs = try replies.map { ($0.position?.sequence, try $0.output(AddToCounter.Output.self).total) }
        #expect(outputs.allSatisfy { $0.0 == UInt64($0.1) })
    }

    @Test("A key that outlives the process is remembered by the next one")
    func restart() async throws {
        let first = try await bus.send("counter.add", #"{"by":5}"#, as: rider, key: "k1")
        let next = try await fixture.reopened()
        var registry = CommandRegistry(store: next, publisher: fixture.publisher)
        registry.registerCounter()
        let bus = CommandBus(
            table: registry.table(), feeds: fixture.feeds, sessions: fixture.sessions, authenticator: NamedTokens(),
            limiter: TokenBuckets(rates: [:]), windows: StoreFixture.everythingOpen, maintenance: MaintenanceSwitch(),
            clock: fixture.clock, random: fixture.random, logger: StoreFixture.silent
        )
        let second = try await bus.send("counter.add", #"{"by":5}"#, as: rider, key: "k1")
        #expect(second.isReplay)
        #expect(second.body == first.body)
    }

    @Test("Work that no client asked for is the system's")
    func system() async throws {
        let total = try await fixture.runner.run(fixture.context()) { work in
            try work.record("job.run", subject: "s", ["a": 1])
            work.publish(try FeedChange(topic: "t", subject: "s", attributes: [:], data: 1))
            return 7
        }
        #expect(total == 7)
        #expect(try await fixture.kept.row(of: "events").texts("actor", "trace") == "system test")
        #expect(fixture.feeds.position.sequence == 1)
        await #expect(throws: CounterFault.self) {
            try await fixture.runner.run(fixture.context()) { work in
                try work.record("job.run", subject: "s", ["a": 2])
                work.publish(try FeedChange(topic: "t", subject: "s", attributes: [:], data: 2))
                throw CounterFault()
            }
        }
        #expect(try await fixture.kept.count(of: "events") == 1)
        #expect(fixture.feeds.position.sequence == 1)
    }
}

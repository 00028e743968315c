import CommandBus
import Foundation
import Support
import Testing

@Suite("A server that is shut in part")
struct PartialClosureTests {
    private let fixture: StoreFixture
    private let maintenance = MaintenanceSwitch()
    private let bus: CommandBus
    private let rider = "rider/a_1"
    private let developer = "developer/a_dev"

    init() async throws {
        fixture = try await StoreFixture("closure")
        try await fixture.addStaff(.developer, "dev")
        let maintenance = maintenance
        bus = fixture.bus(maintenance: maintenance) { registry in
            registry.registerMaintenance(maintenance)
            registry.registerTestCommands()
            registry.registerCounter()
            registry.write(MoveMoney.self) { _, work in
                work.recordOutput("money.moved", subject: "till")
                return .init(entry: work.context.makeID(BookingKind.self).raw)
            }
            registry.write(GiveCredit.self) { _, _ in NoOutput() }
            registry.registerHealth()
        }
    }

    /// A command that moves money, as far as the bus can tell.
    private enum MoveMoney: Command {
        typealias Input = NoInput
        struct Output: Codable, Sendable {
            let entry: String
        }

        static let name = "money.move"
        static let route = RESTRoute.post("/v1/money")
        static let access = Access.signedIn
        static let cost = CostClass.write
        static let idempotency = IdempotencyRule.required
        static let summary = "Moves money."
        static let example = NoInput()
    }

    /// One that takes no key, as its answer is a secret, and moves money all the same.
    private enum GiveCredit: Command {
        typealias Input = NoInput
        typealias Output = NoOutput

        static let name = "money.give"
        static let route = RESTRoute.post("/v1/credit")
        static let access = Access.signedIn
        static let cost = CostClass.write
        static let idempotency = IdempotencyRule.none
        static let movesMoney = true
        static let status = 204
        static let summary = "Gives credit."
        static let example = NoInput()
    }

    @Test("When money is stopped, what moves money says so; reading and other writing go on")
    func moneyStopped() async throws {
        maintenance.found(.invariants, since: fixture.clock.now())
        for key in ["k", nil] {
            let refused = try await bus.send("money.move", as: rider, key: key)
            #expect(refused.status == 503)
            #expect(refused.code == "maintenance")
            #expect(refused.problem?.detail == ClosureCause.invariants.reason)
            #expect(refused.retryAfter == 60)
        }
        #expect(try await bus.send("money.give", as: rider).code == "maintenance")
        #expect(try await bus.send("money.give", "not even looked at", as: rider, key: "k").code == "maintenance")
        #expect(try await bus.send("whoami", as: rider).status == 200)
        #expect(try await bus.send("counter.add", #"{"by":1}"#, as: rider).status == 201)
        #expect(try await bus.send("health.ready").status == 200)
        let shown = try await bus.send("maintenance.show").output(MaintenanceState.self)
        #expect(shown.level == .moneyStopped)
        #expect(!shown.on)
        #expect(shown.since == fixture.clock.now())
        maintenance.gone(.invariants)
        // The refusal was no first answer: the same key moves money now.
        #expect(try await bus.send("money.move", as: rider, key: "k").status == 200)
    }

    @Test("A first answer that was given while money moved is given again, and moves nothing")
    func replay() async throws {
        let first = try await bus.send("money.move", as: rider, key: "k")
        maintenance.found(.invariants, since: fixture.clock.now())
        let again = try await bus.send("money.move", as: rider, key: "k")
        #expect(again.isReplay)
        #expect(again.body == first.body)
        #expect(try await fixture.kept.count(of: "events") { $0["kind"] == "money.moved" } == 1)
    }

    @Test("When writes are stopped, what changes something says so; reading, health and the switch go on")
    func writesStopped() async throws {
        _ = try await bus.send("money.move", as: rider, key: "old")
        maintenance.found(.storeNotWritable, since: fixture.clock.now())
        for (name, input, key) in [("money.move", "", "old"), ("money.move", "", "k"), ("counter.add", #"{"by":1}"#, "k")] {
            let refused = try await bus.send(name, input, as: rider, key: key)
            #expect(refused.status == 503)
            #expect(refused.problem?.detail == ClosureCause.storeNotWritable.reason)
        }
        #expect(try await bus.send("ping").status == 200)
        #expect(try await bus.send("health.ready").status == 200)
        #expect(try await bus.send("maintenance.show").output(MaintenanceState.self).level == .writesStopped)
        #expect(try await bus.send("maintenance.set", #"{"on":false,"reason":"Mended."}"#, as: developer).status == 200)
    }

    @Test("When everything is shut because of a cause, it is as if the operator had shut it, with the cause's reason")
    func shut() async throws {
        maintenance.found(.storeUnreachable, since: fixture.clock.now())
        #expect(try await bus.send("whoami", as: rider).problem?.detail == ClosureCause.storeUnreachable.reason)
        #expect(try await bus.send("health.ready").code == "maintenance")
        #expect(try await bus.send("health.live").status == 200)
        #expect(try await bus.send("maintenance.show").output(MaintenanceState.self).on)
    }

    @Test("The feed tells of each level once, in order")
    func feed() async throws {
        let reader = FeedReader()
        _ = try await fixture.feeds.subscribe(
            to: "maintenance", filter: FeedFilter(), since: nil, principal: nil, via: .sse, sink: reader
        )
        func next(_ count: Int) async throws -> ClosureLevel? {
            try await reader.first(count).last.map { try WireJSON.decode(MaintenanceState.self, from: $0.data).level }
        }
        #expect(try await next(1) == .open)
        maintenance.found(.invariants, since: fixture.clock.now())
        maintenance.found(.invariants, since: fixture.clock.now())
        #expect(try await next(2) == .moneyStopped)
        maintenance.found(.storeUnreachable, since: fixture.clock.now())
        #expect(try await next(3) == .shut)
        maintenance.gone(.invariants)
        maintenance.gone(.storeUnreachable)
        #expect(try await next(4) == .open)
        _ = try await bus.send("maintenance.set", #"{"on":true,"reason":"Lunch."}"#, as: developer)
        #expect(try await next(5) == .shut)
        #expect(reader.events.count == 5)
    }

    @Test("To open what the operator has shut leaves alone what a check has found; to open once more does not")
    func opening() async throws {
        try await stopMoney()
        _ = try await bus.send("maintenance.set", #"{"on":true,"reason":"Lunch."}"#, as: developer)
        let opened = try await bus.send("maintenance.set", #"{"on":false,"reason":"Mended."}"#, as: developer)
        #expect(try opened.output(MaintenanceState.self).level == .moneyStopped)
        #expect(maintenance.current.level == .moneyStopped)

        let looks = Tally()
        maintenance.onLift { looks.add() }
        let lifted = try await bus.send("maintenance.set", #"{"on":false,"reason":"Mended."}"#, as: developer)
        #expect(try lifted.output(MaintenanceState.self).level == .open)
        #expect(maintenance.current == .off)
        #expect(looks.value == 1)
        #expect(try await fixture.read { try InvariantRecord.load(from: $0) }.outage.closedSince == nil)
    }

    @Test("Another instance, and the next start, keep money stopped until a clean check")
    func reload() async throws {
        try await stopMoney()
        let other = MaintenanceSwitch()
        #expect(other.current == .off)
        try await load(other)
        #expect(other.current.level == .moneyStopped)
        try await fixture.work { work in
            var record = try InvariantRecord.load(from: work.tx)
            _ = record.note([], at: work.context.now, recovers: true)
            try record.save(in: work.tx)
        }
        try await load(other)
        #expect(other.current == .off)
    }

    @Test("Another instance hears of the operator's switch from the store, and only of what is newer")
    func reloadSwitch() async throws {
        let other = MaintenanceSwitch()
        _ = try await bus.send("maintenance.set", #"{"on":true,"reason":"One."}"#, as: developer)
        let old = try await fixture.read { try StoredClosure.load(from: $0) }
        _ = try await bus.send("maintenance.set", #"{"on":true,"reason":"Two."}"#, as: developer)
        try await load(other)
        #expect(other.current.reason == "Two.")
        other.adopt(old)
        #expect(other.current.reason == "Two.")
        #expect(try await fixture.read { try StoredClosure.load(from: $0) }.revision == old.revision + 1)
    }

    @Test("A switch that was kept before there were counts is still read")
    func withoutRevision() throws {
        let text = Data(#"{"on":true,"reason":"Old.","since":"2026-11-24T12:00:00+05:30"}"#.utf8)
        let stored = try WireJSON.decode(StoredClosure.self, from: text)
        #expect(stored == StoredClosure(on: true, reason: "Old.", since: fixture.clock.now(), revision: 0))
    }

    @Test("A reload tells subscribers only where it is asked to")
    func quietReload() async throws {
        let told = Tally()
        let (quiet, loud) = (MaintenanceSwitch(), MaintenanceSwitch())
        quiet.onChange { _ in told.add() }
        try await stopMoney()
        try await fixture.read { try quiet.reload(from: $0, isTelling: false) }
        #expect(told.value == 0)
        quiet.found(.storeUnreachable, since: fixture.clock.now())
        #expect(told.value == 1)
        loud.onChange { _ in told.add() }
        try await load(loud)
        #expect(told.value == 2)
    }

    private func load(_ other: MaintenanceSwitch) async throws {
        try await fixture.read { try other.reload(from: $0) }
    }

    private func stopMoney() async throws {
        let maintenance = maintenance
        try await fixture.work { work in
            var record = InvariantRecord()
            _ = record.note(["the till is short"], at: work.context.now, recovers: true)
            try record.save(in: work.tx)
            let kept = record
            work.afterCommit { maintenance.adopt(kept) }
        }
    }
}

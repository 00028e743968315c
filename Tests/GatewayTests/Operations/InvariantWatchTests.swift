import CommandBus
import Mail
import Storage
import Support
import Testing

@testable import Gateway

@Suite("The watch over what must always hold")
struct InvariantWatchTests {
    private let parts: WatchFixture
    private let watch: InvariantWatch<SuiteStore>

    init() async throws {
        let parts = try await WatchFixture("watch-books")
        self.parts = parts
        _ = try await parts.fixture.addDeparture("one", seats: 10)
        watch = Self.makeWatch(parts, on: parts.maintenance)
    }

    private static func makeWatch(_ parts: WatchFixture, on maintenance: MaintenanceSwitch) -> InvariantWatch<SuiteStore> {
        let store = parts.fixture.store
        return InvariantWatch(
            interval: .seconds(3600),
            parts: .init(
                check: { try await store.read { try Verification.run($0).findings } },
                staff: { _ in [EmailAddress(trusted: "staff@example.com")] }, service: "Farebus", recovers: parts.recovers
            ),
            runner: parts.fixture.runner, maintenance: maintenance, emergency: parts.emergency, clock: parts.fixture.clock,
            random: parts.fixture.random, steady: parts.steady, logger: StoreFixture.silent
        )
    }

    private func spoil() async throws {
        try await parts.fixture.kept.change("departures") { $0.add(-1, to: "available") }
    }

    private func repair() async throws {
        try await parts.fixture.kept.change("departures") { $0.add(1, to: "available") }
    }

    private func outbox() async throws -> [String] {
        try await parts.fixture.kept.rows(of: "mail_outbox").map { row in
            "\(row.text("recipient") ?? ""): \(row.text("subject") ?? "")"
        }
    }

    @Test("A clean check stops nothing and tells nobody, and is kept")
    func clean() async throws {
        try await watch.look()
        #expect(parts.maintenance.current == .off)
        #expect(try await outbox() == [])
        let record = try await parts.fixture.read { try InvariantRecord.load(from: $0) }
        #expect(record.checkedAt == parts.fixture.clock.now())
        #expect(record.revision == 1)
    }

    @Test("A finding stops money, and staff and the emergency address are told once; a clean check lifts it")
    func broken() async throws {
        try await spoil()
        let start = parts.fixture.clock.now()
        for _ in 0..<3 {
            try await watch.look()
            #expect(
                parts.maintenance.current
                    == MaintenanceState(level: .moneyStopped, reason: ClosureCause.invariants.reason, since: start)
            )
            parts.fixture.clock.advance(seconds: 3600)
        }
        #expect(try await outbox() == ["staff@example.com: Farebus: money is stopped: the books are not in order"])
        let body = try #require(try await parts.fixture.kept.row(of: "mail_outbox").text("body"))
        #expect(body.contains("1 finding:\n- departure d_"))
        #expect(body.contains("its seats do not add up to its capacity of 10"))
        let letter = try #require(try await parts.letters.first(1).first)
        #expect(letter.mail.subject == "Farebus: the books are not in order")
        #expect(!letter.mail.body.contains("d_"), "the findings are for staff")

        try await repair()
        try await watch.look()
        try await watch.look()
        #expect(parts.maintenance.current == .off)
        #expect(try await outbox().count == 2)
        #expect(
            try await parts.letters.first(2).map(\.mail.subject)
                == ["Farebus: the books are not in order", "Farebus: over: the books are not in order"]
        )
        let events = try await parts.fixture.kept.rows(of: "events") { $0["subject"] == "server" }
        #expect(
            events.sorted { ($0.integer("at") ?? 0) < ($1.integer("at") ?? 0) }.map { $0.text("kind") }
                == ["invariants.broken", "invariants.restored"]
        )
    }

    @Test("A restart keeps money stopped before its first check, and tells nobody again")
    func restart() async throws {
        try await spoil()
        try await watch.look()
        let next = MaintenanceSwitch()
        try await parts.fixture.read { try next.reload(from: $0) }
        #expect(next.current.level == .moneyStopped)
        try await Self.makeWatch(parts, on: next).look()
        #expect(try await outbox().count == 1)
        #expect(try await parts.letters.first(1).count == 1)
        try await repair()
        try await Self.makeWatch(parts, on: next).look()
        #expect(next.current == .off)
        #expect(try await parts.letters.first(2).count == 2)
    }

    @Test("Another instance that checks before it has heard of it stops money too, and tells nobody")
    func otherInstance() async throws {
        try await spoil()
        try await watch.look()
        _ = try await parts.letters.first(1)
        let other = MaintenanceSwitch()
        try await Self.makeWatch(parts, on: other).look()
        #expect(other.current.level == .moneyStopped)
        #expect(try await outbox().count == 1)
        #expect(parts.letters.subjects.count == 1)
    }

    @Test("What can't be written down stops money all the same, and is told once")
    func unrecorded() async throws {
        try await spoil()
        let repairStore = try await parts.failWrites(of: "invariants")
        await #expect(throws: (any Error).self) { try await watch.look() }
        #expect(parts.maintenance.current.level == .moneyStopped)
        _ = try await parts.letters.first(1)
        try repairStore()
        try await watch.look()
        #expect(try await outbox().count == 1)
        #expect(parts.letters.subjects.count == 1)
        try await repair()
        try await watch.look()
        #expect(parts.maintenance.current == .off)
        #expect(try await parts.letters.first(2).count == 2)
    }

    @Test("Staff who open it have it checked again at once")
    func lifted() async throws {
        parts.steady.advance(.seconds(60))
        try await spoil()
        await watch.lookIfDue()
        let maintenance = parts.maintenance
        try await parts.fixture.addStaff(.developer, "d")
        let bus = parts.fixture.bus(maintenance: maintenance) { $0.registerMaintenance(maintenance) }
        #expect(maintenance.current.level == .moneyStopped)
        await watch.lookIfDue()
        _ = try await bus.send("maintenance.set", #"{"on":false,"reason":"Mended."}"#, as: "developer/a_d")
        #expect(maintenance.current == .off)
        await watch.lookIfDue()
        #expect(maintenance.current.level == .moneyStopped)
        #expect(try await outbox().count == 1)
    }

    @Test("Between two checks nothing is checked")
    func interval() async throws {
        await watch.lookIfDue()
        #expect(try await parts.fixture.read { try InvariantRecord.load(from: $0) }.revision == 0)
        parts.steady.advance(.seconds(60))
        await watch.lookIfDue()
        await watch.lookIfDue()
        #expect(try await parts.fixture.read { try InvariantRecord.load(from: $0) }.revision == 1)
    }
}

import CommandBus
import Mail
import Storage
import Support
import Synchronization
import Testing

@testable import Gateway

@Suite("The watch over the store")
struct StoreWatchTests {
    private func watch(
        _ parts: WatchFixture, hasForeignSchema: @escaping @Sendable () async throws -> Bool = { false }
    ) -> StoreWatch<SuiteStore> {
        StoreWatch(
            store: parts.fixture.store, hasForeignSchema: hasForeignSchema, maintenance: parts.maintenance,
            emergency: parts.emergency, timing: .init(grace: .seconds(10)), clock: parts.fixture.clock,
            steady: parts.steady, logger: StoreFixture.silent
        )
    }

    private func pass(_ seconds: Int, _ parts: WatchFixture) {
        parts.steady.advance(.seconds(seconds))
        parts.fixture.clock.advance(seconds: seconds)
    }

    @Test("A store that hangs shuts the server after the grace, is told of once, and opens it when it answers")
    func unreachable() async throws {
        let parts = try await WatchFixture("watch-read")
        let watch = watch(parts)
        let start = parts.fixture.clock.now()
        #expect(await watch.lookAtReads())
        let hold = try await parts.holdReaders()
        for _ in 0..<10 {
            #expect(await !watch.lookAtReads())
            #expect(parts.maintenance.current == .off)
            pass(1, parts)
        }
        for _ in 0..<5 {
            await watch.lookAtReads()
            await watch.lookAtWrites()
            let state = parts.maintenance.current
            #expect(state.level == .shut)
            #expect(state.reason == ClosureCause.storeUnreachable.reason)
            #expect(state.since == start)
            pass(1, parts)
        }
        #expect(try await parts.letters.first(1).map(\.mail.to.raw) == ["emergency@example.com"])

        parts.release(hold)
        // The question that hung is answered first; the next one finds the store as it is.
        try await withDeadline(20, "an answer of the store") { while await !watch.lookAtReads() {} }
        #expect(parts.maintenance.current == .off)
        #expect(
            try await parts.letters.first(2).map(\.mail.subject)
                == ["Farebus: the store can't be reached", "Farebus: over: the store can't be reached"]
        )
    }

    @Test("A store that can be read and not written to stops writes alone")
    func notWritable() async throws {
        let parts = try await WatchFixture("watch-write")
        let watch = watch(parts)
        #expect(await watch.lookAtWrites())
        #expect(try await parts.fixture.kept.count(of: "settings") { $0["name"] == "probe" } == 1)
        let hold = try await parts.holdWrites(of: "probe")
        #expect(await !watch.lookAtWrites())
        parts.steady.isHasty.withLock { $0 = false }
        #expect(await watch.lookAtReads())
        #expect(parts.maintenance.current == .off)
        parts.steady.isHasty.withLock { $0 = true }
        pass(10, parts)
        #expect(await !watch.lookAtWrites())
        #expect(parts.maintenance.current.level == .writesStopped)

        parts.release(hold)
        try await withDeadline(20, "a commit") { while await !watch.lookAtWrites() {} }
        #expect(parts.maintenance.current == .off)
        #expect(try await parts.letters.first(2).last?.mail.subject == "Farebus: over: the store can't be written to")
    }

    @Test("The schema of another version shuts the server, and its own opens it")
    func foreignSchema() async throws {
        let parts = try await WatchFixture("watch-schema")
        let flag = Flag(true)
        let watch = watch(parts, hasForeignSchema: { flag.value })
        await watch.lookAtReads()
        #expect(parts.maintenance.current.reason == ClosureCause.foreignSchema.reason)
        flag.set(false)
        await watch.lookAtReads()
        #expect(parts.maintenance.current == .off)
    }

    @Test("Where the server does not open by itself, staff open it")
    func latched() async throws {
        let parts = try await WatchFixture("watch-latch", recovers: false)
        let flag = Flag(true)
        let watch = watch(parts, hasForeignSchema: { flag.value })
        await watch.lookAtReads()
        flag.set(false)
        await watch.lookAtReads()
        #expect(parts.maintenance.current.level == .shut)
        let maintenance = parts.maintenance
        try await parts.fixture.addStaff(.developer, "d")
        let bus = parts.fixture.bus(maintenance: maintenance) { $0.registerMaintenance(maintenance) }
        let opens = #"{"on":false,"reason":"Mended."}"#
        #expect(try await bus.send("maintenance.set", opens, as: "developer/a_d").status == 200)
        #expect(parts.maintenance.current == .off)
        // While the cause is there, opening lasts until the next look.
        flag.set(true)
        await watch.lookAtReads()
        _ = try await bus.send("maintenance.set", opens, as: "developer/a_d")
        #expect(parts.maintenance.current == .off)
        await watch.lookAtReads()
        #expect(parts.maintenance.current.level == .shut)
    }

    private final class Flag: Sendable {
        private let state: Mutex<Bool>

        init(_ value: Bool) { state = Mutex(value) }

        var value: Bool { state.withLock { $0 } }
        func set(_ new: Bool) { state.withLock { $0 = new } }
    }
}

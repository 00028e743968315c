import CommandBus
import Support
import Synchronization
import Testing

@testable import Gateway

@Suite("The word that an instance leaves in the store")
struct RelayWordTests {
    private final class Readings: Sendable {
        struct Failure: Error {}
        private let state = Mutex((count: 0, fails: false))
        var count: Int { state.withLock { $0.count } }
        func fail(_ fails: Bool) { state.withLock { $0.fails = fails } }
        func note() throws {
            try state.withLock { state in
                guard !state.fails else { throw Failure() }
                state.count += 1
            }
        }
    }

    @Test("Another instance reads everything anew, once a word, and again if that fails")
    func heard() async throws {
        let (fixture, readings) = (try await StoreFixture("word"), Readings())
        let watch = SettingsWatch(
            store: fixture.store, maintenance: MaintenanceSwitch(), isTelling: false, readAnew: { try readings.note() },
            logger: StoreFixture.silent
        )
        try await watch.look()
        #expect(readings.count == 0)
        for count in 1...2 {
            try await RelayWord.leave(in: fixture.store, random: fixture.random)
            for _ in 0..<2 { try await watch.look() }
            #expect(readings.count == count)
        }
        try await RelayWord.leave(in: fixture.store, random: fixture.random)
        readings.fail(true)
        await #expect(throws: Readings.Failure.self) { try await watch.look() }
        readings.fail(false)
        try await watch.look()
        #expect(readings.count == 3)
    }
}

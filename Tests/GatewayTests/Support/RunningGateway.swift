import Booking
import CommandBus
import Cryptography
import Foundation
import Logging
import ServiceLifecycle
import Storage
import Support

@testable import Gateway

/// A whole server in the test's own process, on a port that the system chose: the real store and both transports, with
/// a clock that stands still and randomness from a seed. Two of them with one seed are alike in every byte.
struct RunningGateway: Sendable {
    let core: Core<SQLiteStore>
    let clock: TestClock
    let port: Int
    /// A session of each account of the demo.
    let tokens: [String: String]

    /// Runs `body` against a server of its own, and ends the server whatever comes of it.
    static func with<Value: Sendable>(
        seed: UInt64 = 1, flags: [String: String] = [:], takeSeat: CommandRegistry<SQLiteStore>.TakeSeat? = nil,
        _ body: @Sendable (RunningGateway) async throws -> Value
    ) async throws -> Value {
        let temporary = try TemporaryFolder()
        let folder = DataFolder(path: temporary.url.path(percentEncoded: false))
        let defaults = ["demo": "true", "data": folder.path, "port": "0", "limits.enabled": "false"]
        let configuration = try ServerConfiguration.load(flags: defaults.merging(flags) { $1 }, environment: [:])
        let store = try SQLiteStore.open(path: folder.database)
        let logger = Logger(label: "farebus.test") { _ in SwiftLogNoOpLogHandler() }
        let clock = TestClock()
        var parts = Core<SQLiteStore>.Parts()
        parts.clock = clock
        parts.random = SeededRandom(seed: seed)
        parts.takeSeat = takeSeat
        // A cheap hash: what is tested here is not how hard it is to guess.
        parts.hashing = Argon2id.Cost(memory: 64, passes: 1, lanes: 1)
        let core = try await Core(
            store: store, configuration: configuration, key: [UInt8](repeating: 7, count: 32), logger: logger, parts: parts
        )
        try await Demo.prepare(core, in: folder)
        _ = try await core.roller.roll(
            on: core.runner, context: .system("test", now: clock.now(), random: core.random)
        )
        let tokens = try JSONDecoder().decode(
            [String: String].self, from: Data(contentsOf: URL(fileURLWithPath: folder.demoSessions))
        )
        let (ports, found) = AsyncStream<Int>.makeStream()
        let group = ServiceGroup(
            configuration: .init(
                services: [HTTPFront.application(core, logger: logger) { found.yield($0) }], logger: logger
            )
        )
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
            let gateway = RunningGateway(core: core, clock: clock, port: port, tokens: tokens)
            let result: Result<Value, any Error>
            do {
                result = .success(try await body(gateway))
            } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try store.close()
            withExtendedLifetime(temporary) {}
            return try result.get()
        }
    }
}

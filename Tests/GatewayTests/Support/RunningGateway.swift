import Booking
import CommandBus
import Cryptography
import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import Storage
import Support

@testable import Gateway

/// A whole server in the test's own process, on a port that the system chose: the real store and both transports, with
/// a clock that stands still and randomness from a seed. Two of them with one seed are alike in every byte.
///
/// On MongoDB it has a Redis, too, as a server there must.
struct RunningGateway: Sendable {
    let core: Core<SuiteStore>
    let clock: TestClock
    let port: Int
    /// What its store keeps, behind its back.
    let kept: KeptData
    /// A session of each account of the demo.
    let tokens: [String: String]

    /// Runs `body` against a server of its own, and ends the server whatever comes of it.
    static func with<Value: Sendable>(
        seed: UInt64 = 1, flags: [String: String] = [:], takeSeat: CommandRegistry<SuiteStore>.TakeSeat? = nil,
        _ body: @Sendable (RunningGateway) async throws -> Value
    ) async throws -> Value {
        guard TestEngine.isMongoDB else { return try await with(seed, flags, nil, takeSeat, body) }
        return try await RedisServer.with { redis in try await with(seed, flags, redis, takeSeat, body) }
    }

    private static func with<Value: Sendable>(
        _ seed: UInt64, _ flags: [String: String], _ redis: RedisServer?,
        _ takeSeat: CommandRegistry<SuiteStore>.TakeSeat?, _ body: @Sendable (RunningGateway) async throws -> Value
    ) async throws -> Value {
        let temporary = try TemporaryFolder()
        let folder = DataFolder(path: temporary.url.path(percentEncoded: false))
        let defaults = [
            "demo": "true", "demoRiders": "20", "data": folder.path, "port": "0", "limits.enabled": "false",
        ]
        let configuration = try ServerConfiguration.load(flags: defaults.merging(flags) { $1 }, environment: [:])
        let place = try await StorePlace(file: folder.database, "gateway")
        let store = try await place.open()
        let kept = try place.kept()
        defer { place.finish([store], kept, in: temporary) }
        let logger = StoreFixture.silent
        let clock = TestClock()
        var parts = Core<SuiteStore>.Parts()
        parts.clock = clock
        parts.random = SeededRandom(seed: seed)
        parts.takeSeat = takeSeat
        // A cheap hash: what is tested here is not how hard it is to guess.
        parts.hashing = Argon2id.Cost(memory: 64, passes: 1, lanes: 1)
        if let redis {
            // With randomness of its own: it asks for it whenever it likes, and the seed is for what clients see.
            parts.surroundings = .shared(
                try RedisEndpoint(url: redis.url), configuration.redis, limits: configuration.limits,
                random: SystemRandomSource(), logger: logger
            )
        }
        let core = try await Core(
            store: store, configuration: configuration, key: [UInt8](repeating: 7, count: 32), logger: logger, parts: parts
        )
        let (ports, found) = AsyncStream<Int>.makeStream()
        let front = Front(core: core, clock: clock, folder: folder, logger: logger) { found.yield($0) }
        let group = ServiceGroup(
            configuration: .init(
                services: (parts.surroundings?.services ?? []) + (core.relay.map { [$0] } ?? []) + [front], logger: logger
            )
        )
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { found.finish() }
                try await group.run()
            }
            guard let port = await ports.first(where: { _ in true }) else {
                try await tasks.waitForAll()
                throw CancellationError()
            }
            let tokens = try JSONDecoder().decode(
                [String: String].self, from: Data(contentsOf: URL(fileURLWithPath: folder.demoSessions))
            )
            for token in tokens.values { SecretWatch.learnToken(token) }
            let gateway = RunningGateway(core: core, clock: clock, port: port, kept: kept, tokens: tokens)
            let result: Result<Value, any Error>
            do {
                result = .success(try await body(gateway))
            } catch {
                result = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try result.get()
        }
    }
}

/// Makes the demo, and listens.
private struct Front: Service {
    let core: Core<SuiteStore>
    let clock: TestClock
    let folder: DataFolder
    let logger: Logger
    let listening: @Sendable (Int) -> Void

    func run() async throws {
        try await Demo.prepare(core, in: folder)
        _ = try await core.roller.roll(on: core.runner, context: .system("test", now: clock.now(), random: core.random))
        try await HTTPFront.application(core, logger: logger, listening: listening).run()
    }
}

extension SuiteStore: FarebusStore {
    func hasForeignSchema() async throws -> Bool {
        switch engine {
        case .sqlite(let store): try await store.hasForeignSchema()
        case .mongoDB(let store): try await store.hasForeignSchema()
        }
    }
}

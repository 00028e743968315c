import CommandBus
import Cryptography
import Foundation
import Storage
import Support
import Synchronization

/// What a test of an adapter works with: a Redis of its own, and a client that runs.
struct RedisHouse: Sendable {
    let server: RedisServer
    let client: RedisClient
    let keys = RedisKeys(prefix: "test:")

    /// A client that comes back soon, and does not wait for long.
    static let hasty = RedisOptions(
        commandTimeout: .seconds(2), connectTimeout: .seconds(2), shortestPause: .milliseconds(5),
        longestPause: .milliseconds(20)
    )

    static func with(
        _ options: RedisServer.Options = .init(), client clientOptions: RedisOptions = RedisServer.patient,
        _ body: (RedisHouse) async throws -> Void
    ) async throws {
        try await RedisServer.with(options) { server in
            try await RedisServer.running(server.client(clientOptions)) { client in
                try await body(RedisHouse(server: server, client: client))
            }
        }
    }

    /// Waits until the client is heard again.
    func answers() async throws {
        try await RedisTest.eventually("Redis to answer", seconds: 20) { (try? await client.send(["PING"])) != nil }
    }

    /// Does something to Redis behind the back of what is tested.
    @discardableResult
    func send(_ arguments: [RedisArgument]) async throws -> RedisReply { try await client.send(arguments) }

    /// A key as Redis has it.
    func value(_ key: String) async throws -> String? {
        try await client.send(["GET", .text(keys.prefix + key)]).text
    }

    /// The keys that there are, without the prefix of the installation; those of others with theirs.
    func names() async throws -> [String] {
        guard case .array(let names) = try await client.send(["KEYS", "*"]) else { return [] }
        let count = keys.prefix.count
        return names.compactMap(\.text).map { $0.hasPrefix(keys.prefix) ? String($0.dropFirst(count)) : $0 }.sorted()
    }
}

/// A clock by which nobody has to wait: whoever sleeps finds the time gone by at once.
final class HurriedClock: SteadyClock {
    private let state = Mutex(Duration.zero)

    /// How long was slept in all.
    var slept: Duration { state.withLock { $0 } }

    func now() -> Duration { slept }

    func sleep(for time: Duration) async throws {
        state.withLock { $0 += time }
    }
}

/// Tokens of tests.
func digest(_ name: String) -> Digest256 { SHA256.digest(name.utf8) }

/// Numbers in the order in which they came.
final class Tokens: Sendable {
    private let state = Mutex<[Int64]>([])
    var all: [Int64] { state.withLock { $0 } }
    func add(_ token: Int64) { state.withLock { $0.append(token) } }
}

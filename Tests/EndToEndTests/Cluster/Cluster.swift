import Foundation
import Support
import Synchronization
import Testing

/// Three instances of the built server on one store and one Redis, with one secret.
final class Cluster: Sendable {
    enum Instance: Int, CaseIterable, Sendable {
        case a, b, c

        var next: Instance { Instance(rawValue: (rawValue + 1) % Self.allCases.count) ?? .a }
    }

    /// That of the suite which runs.
    @TaskLocal static var running: Cluster?

    static var current: Cluster {
        get throws { try #require(running, "the suite has no cluster") }
    }

    let redis: RedisServer
    private let places: [ServerPlace]
    private let environment: [String: String]
    private let servers = Mutex<[Instance: ServerProcess]>([:])

    private init(_ place: ServerPlace) throws {
        redis = try #require(place.redis)
        places = try [place] + ["cluster-b", "cluster-c"].map { try ServerPlace($0, beside: place) }
        let key = place.folder.file("cluster.key")
        try Data((0..<32).map { _ in UInt8.random(in: 0...255) }).write(to: key)
        environment = EndToEnd.unlimited.merging([
            "FAREBUS_SECRET_KEY_FILE": key.path(percentEncoded: false),
            // As many codes at once to one address as sign in for it at once.
            "FAREBUS_CODES_PAUSE_BETWEEN_MAILS": "0", "FAREBUS_CODES_MAILS_PER_HOUR": "1000",
        ]) { $1 }.merging(Demo.crowded) { $1 }
    }

    /// Runs `body` with three instances on a demo of their own, and rechecks what is kept after they have stopped.
    static func with(_ body: (Cluster) async throws -> Void) async throws {
        let cluster = try Cluster(try await ServerPlace("cluster"))
        do {
            // The first makes the demo; the others find it.
            try await cluster.start(.a)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for instance in [Instance.b, .c] { group.addTask { try await cluster.start(instance) } }
                try await group.waitForAll()
            }
            try await body(cluster)
            for server in cluster.all { try await server.stop() }
        } catch {
            for server in cluster.all { await server.process.end() }
            throw error
        }
        try await cluster.expectClean()
    }

    // MARK: Its instances

    /// - Returns: the instance as it was started last, whether it still runs or not.
    subscript(instance: Instance) -> ServerProcess {
        get throws { try #require(servers.withLock { $0[instance] }, "\(instance) was never started") }
    }

    var all: [ServerProcess] {
        servers.withLock { servers in Instance.allCases.compactMap { servers[$0] } }
    }

    /// Starts an instance, anew if need be, in the place that it had before.
    func start(_ instance: Instance) async throws {
        let server = try await ServerProcess.start(in: places[instance.rawValue], environment: environment)
        servers.withLock { $0[instance] = server }
    }

    /// Starts an instance as whatever looks after it would: again, if it does not come up.
    ///
    /// - Returns: how many starts it took.
    @discardableResult
    func restart(_ instance: Instance, attempts: Int = 5) async throws -> Int {
        for attempt in 1..<attempts {
            do {
                try await start(instance)
                return attempt
            } catch is ChildProcessFailure {
                // Beside a transaction that a kill left behind, what it writes at its start may take too long.
            }
        }
        try await start(instance)
        return attempts
    }

    // MARK: Its people

    /// The ready sessions, at one of the instances.
    func demo(_ instance: Instance) throws -> Demo { try Demo(try self[instance]) }

    /// Somebody who is not signed in.
    func nobody(_ instance: Instance) throws -> RESTDoor { RESTDoor(server: try self[instance], token: nil) }

    /// Shows a token at an instance.
    ///
    /// - Returns: the code of the problem that it is answered with; nil if it is good.
    func code(of token: String, at instance: Instance) async throws -> String? {
        let answer = try await RESTDoor(server: try self[instance], token: token).persist(.session)
        return answer.status == 200 ? nil : answer.code ?? "\(answer.status)"
    }

    /// The letters, whichever instance sent them.
    var mail: LocalMail { LocalMail(all) }

    /// Buses with room that can be booked and given back for hours, the next first.
    ///
    /// - Parameter seats: how many are free at least.
    func departures(seats: Int) async throws -> [Departure] {
        try await demo(.a).departures().filter { $0.seatsLeft >= seats }
    }

    // MARK: What it keeps

    /// `farebus verify` finds nothing.
    func expectClean(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await EndToEnd.expectClean(places[0], sourceLocation: sourceLocation)
    }

    /// Looks at, or changes, what is kept, behind the servers' back.
    func kept<Value>(_ body: (KeptData) async throws -> Value) async throws -> Value {
        let kept = try places[0].kept()
        defer { Thread.detachNewThread { kept.close() } }
        return try await body(kept)
    }
}

/// Gives all tests of a suite one cluster: to make a demo takes longer than most of them.
struct ClusterTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await Cluster.with { cluster in
            try await Cluster.$running.withValue(cluster) { try await function() }
        }
    }
}

extension Trait where Self == ClusterTrait {
    static var cluster: ClusterTrait { ClusterTrait() }
}

/// Waits until something is so. What another process does tells nobody, so this looks again and again, with a deadline.
///
/// - Returns: how long it took.
@discardableResult
func wait(
    atMost seconds: Double, for what: String, until isSo: @escaping @Sendable () async throws -> Bool
) async throws -> Duration {
    let start = ContinuousClock.now
    try await withDeadline(seconds, what) {
        while try await !isSo() { try await Task.sleep(for: .milliseconds(50)) }
    }
    return ContinuousClock.now - start
}

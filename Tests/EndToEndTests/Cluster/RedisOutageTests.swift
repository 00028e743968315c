import Foundation
import Support
import Testing

extension EndToEnd.OnCluster {
    /// What may happen to a Redis.
    enum RedisFault: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case stopped = "is stopped, and started again"
        case flushed = "forgets everything"
        case paused = "is paused, and goes on"
        case full = "is full"

        var testDescription: String { rawValue }

        /// How long it lasts at least, in seconds. `FAREBUS_TEST_PAUSE_SECONDS` makes a pause longer.
        var length: Double {
            switch self {
            case .paused: ProcessInfo.processInfo.environment["FAREBUS_TEST_PAUSE_SECONDS"].flatMap(Double.init) ?? 10
            // Longer than a session is cached, so that they have to be remembered anew meanwhile.
            case .stopped, .full: 6
            case .flushed: 0
            }
        }

        func begin(_ redis: RedisServer) async throws {
            switch self {
            case .stopped: try await redis.kill()
            case .flushed: try await redis.flush()
            case .paused: redis.pause()
            case .full: try await redis.say("CONFIG", "SET", "maxmemory", "1")
            }
        }

        /// Whether instances can tell that something is wrong; a Redis that has forgotten is as good as a new one.
        var isNoticed: Bool { self != .flushed }

        /// Does no harm where nothing is wrong.
        func end(_ redis: RedisServer) async throws {
            switch self {
            case .stopped: try await redis.restart()
            case .flushed: break
            case .paused: redis.resume()
            case .full: try await redis.say("CONFIG", "SET", "maxmemory", "0")
            }
        }
    }

    @Test(
        "Whatever happens to Redis, no seat is sold twice, no old session is let in, and the feeds find back",
        arguments: RedisFault.allCases
    )
    func redisFails(fault: RedisFault) async throws {
        let cluster = try Cluster.current
        let person = try await Person.registered("\(fault).redis@example.test", at: cluster)
        // The device is known from here on, so that signing in needs no letter.
        let old = try await person.signIn(at: .a)
        var boards: [SeatsBoard] = []
        for instance in Cluster.Instance.allCases {
            boards.append(try await SeatsBoard.open(at: try cluster[instance], token: try cluster.demo(instance).rider(40)))
        }
        let noticed = Self.outages(cluster)
        try await Crowd.working(at: cluster, riders: 41...46) { crowd in
            try await crowd.more(10)
            // Now all have the old session in common.
            for instance in Cluster.Instance.allCases { try await Self.expect(old, at: instance, isRefused: false) }
            let start = ContinuousClock.now
            do {
                try await fault.begin(cluster.redis)
                try await crowd.more(6)
                let new = try await person.signIn(at: .b)
                for instance in Cluster.Instance.allCases { try await Self.expect(old, at: instance, isRefused: true) }
                try await crowd.more(6)
                // What the test is about, and nothing that is waited for.
                try await Task.sleep(until: start + .seconds(fault.length))
                try await fault.end(cluster.redis)
                for _ in 0..<3 {
                    for instance in Cluster.Instance.allCases {
                        try await Self.expect(old, at: instance, isRefused: true)
                        try await Self.expect(new, at: instance, isRefused: false)
                    }
                }
            } catch {
                try? await fault.end(cluster.redis)
                throw error
            }
            try await crowd.more(10)
        }
        // Each instance says it, of what it asks and of what it puts down, and not with each command.
        let said = Self.outages(cluster) - noticed
        #expect(fault.isNoticed ? (1...18).contains(said) : said == 0, "the instances said it \(said) times")
        let seats = try await Self.seats(cluster)
        for (instance, board) in zip(Cluster.Instance.allCases, boards) {
            try await wait(atMost: 20, for: "the screen at \(instance) to show what the store has") {
                let shown = try board.seats
                return seats.allSatisfy { shown[$0] == $1 }
            }
        }
        try await cluster.expectClean()
    }

    /// How often the instances have said that the session cache fails.
    private static func outages(_ cluster: Cluster) -> Int {
        let words = ["the session cache does not answer", "the session cache takes nothing"]
        return cluster.all.map { server in
            server.process.errors.lines.count { line in words.contains { line.contains($0) } }
        }.reduce(0, +)
    }

    private static func expect(_ token: String, at instance: Cluster.Instance, isRefused: Bool) async throws {
        let answer = try await RESTDoor(server: try Cluster.current[instance], token: token).persist(.session)
        #expect(answer.status == (isRefused ? 401 : 200), "at \(instance)")
        #expect(answer.code == (isRefused ? "session_replaced" : nil), "at \(instance)")
    }

    /// The seats of all departures that can be booked, as the store has them.
    private static func seats(_ cluster: Cluster) async throws -> [String: Int] {
        let departures = try await cluster.departures(seats: 0)
        #expect(departures.count > 100)
        return Dictionary(departures.map { ($0.id, $0.seatsLeft) }) { $1 }
    }
}

import ArgumentParser
import Foundation
import NIOCore
import NIOPosix

/// Loads a running demo server and tells how many no-ops, reads and durable bookings it answers.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "farebus-bench",
        abstract: "Measures the rates and latencies of a no-op, a read and a durable booking over REST and sockets.",
        discussion: """
            The server must run on this machine with demo data and without rate limits:
              FAREBUS_LIMITS_ENABLED=false farebus serve --port 8080 --data DIR --demo
            For --sign-ins it must believe this machine's X-Forwarded-For, and for --timing it must not limit mails;
            scripts/bench.sh starts one that does.
            """
    )

    @Option(help: "The server's address: this machine's own.")
    var host = "127.0.0.1"

    @Option(help: "The server's port.")
    var port: Int

    @Option(help: "The sessions that the demo wrote: DIR/demo-sessions.json.")
    var sessions: String

    @Option(help: "Seconds for each of the nine cases, from 1 to 60.")
    var seconds = 5

    @Option(help: "Connections, from 1 to 200.")
    var connections = 64

    @Option(help: "Calls on their way at once on a connection, where there is more than one, from 2 to 64 (sockets: 8).")
    var pipeline = 8

    @Option(help: "How often the cases are gone through in turn, from 1 to 20.")
    var rounds = 5

    @Option(help: "Measures instead how long the change of a seat takes to reach this many subscribers, from 1 to 2000.")
    var fanout: Int?

    @Option(help: "Measures instead what this many sign-ins at once do to bookings, from 1 to 500.")
    var signIns: Int?

    @Option(help: "Seconds between two such bursts of sign-ins, from 1 to 60.")
    var pause = 3

    @Option(help: "Measures instead whether times tell known from unknown addresses, in this many tries, from 100 to 5000.")
    var timing: Int?

    @Flag(help: "Prints JSON.")
    var json = false

    func validate() throws {
        guard ["127.0.0.1", "::1", "localhost"].contains(host) else {
            throw ValidationError("--host: only this machine is loaded: 127.0.0.1, ::1 or localhost.")
        }
        let bounds: [(String, Int, ClosedRange<Int>)] = [
            ("--port", port, 1...65_535), ("--seconds", seconds, 1...60), ("--connections", connections, 1...200),
            ("--pipeline", pipeline, 2...64), ("--rounds", rounds, 1...20), ("--fanout", fanout ?? 1, 1...2000),
            ("--sign-ins", signIns ?? 1, 1...500), ("--pause", pause, 1...60),
            ("--timing", timing ?? 100, 100...5000),
        ]
        var wrong = bounds.filter { !$2.contains($1) }
            .map { "\($0): must be from \($2.lowerBound) to \($2.upperBound)." }
        // A connection whose turn is long in coming would be closed for its silence meanwhile.
        if seconds > rounds * 5 { wrong.append("--seconds: must be at most five for each of the --rounds.") }
        if !wrong.isEmpty { throw ValidationError(wrong.joined(separator: "\n")) }
    }

    func run() async throws {
        let tokens = try riders()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: signIns == nil ? 1 : 2)
        do {
            print(try await report(tokens, on: group.next(), other: group.next()))
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    private func report(
        _ tokens: [String], on loop: any EventLoop, other: any EventLoop
    ) async throws -> String {
        let findings = try await Preparation.look(host: host, port: port, tokens: tokens, on: loop)
        if let fanout {
            let result = try await FanOut(findings: findings, port: port, subscribers: fanout, loop: loop)
                .run(seconds: seconds)
            return json ? try result.json() : result.table()
        }
        if let timing {
            let result = try await Timing(tries: timing, port: port, world: findings.world, loop: loop).run()
            return json ? try result.json() : result.table()
        }
        if let signIns { return try await bookings(beside: signIns, findings, on: loop, other) }
        let plan = Suite.Plan(
            connections: connections, pipeline: pipeline, seconds: Double(seconds), rounds: rounds
        )
        let fleet = try await Fleet.connect(findings.world, port: port, lanes: connections, withSockets: true, on: loop)
        defer { loop.execute { fleet.value.close() } }
        let result = try await Suite(plan: plan, findings: findings, fleet: fleet, loop: loop).run()
        let report = Report(result, plan: plan)
        return json ? try report.json() : report.table()
    }

    private func bookings(
        beside signIns: Int, _ findings: Preparation.Findings, on loop: any EventLoop, _ other: any EventLoop
    ) async throws -> String {
        let fleet = try await Fleet.connect(findings.world, port: port, lanes: connections, withSockets: false, on: loop)
        defer { loop.execute { fleet.value.close() } }
        let plan = SignIns.Plan(
            count: signIns, pause: Double(pause), connections: connections, seconds: Double(seconds), rounds: rounds
        )
        let result = try await SignIns(
            plan: plan, port: port, findings: findings, fleet: fleet, loop: loop, otherLoop: other
        ).run()
        return json ? try result.json() : result.table()
    }

    /// The tokens of the riders among the demo's sessions.
    private func riders() throws -> [String] {
        let data = try Data(contentsOf: URL(filePath: sessions))
        let all = try JSONDecoder().decode([String: String].self, from: data)
        let riders = all.filter { $0.key.hasPrefix("rider") }.sorted { $0.key < $1.key }.map(\.value)
        guard !riders.isEmpty else { throw LoadFailure("\(sessions) holds no session of a rider") }
        return riders
    }
}

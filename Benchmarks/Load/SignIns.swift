import Foundation
import NIOCore

/// Measures what many sign-ins at once do to the bookings of others.
struct SignIns {
    struct Plan {
        /// Sign-ins that arrive at once.
        let count: Int
        /// Seconds from one such burst to the next.
        let pause: Double
        let connections: Int
        /// Seconds of bookings without, and as many with sign-ins, over all rounds.
        let seconds: Double
        let rounds: Int
    }

    let plan: Plan
    let port: Int
    let findings: Preparation.Findings
    let fleet: NIOLoopBound<Fleet>
    /// Drives the bookings.
    let loop: any EventLoop
    /// Drives the sign-ins: what the driver itself does for them is not to hold up its bookings.
    let otherLoop: any EventLoop

    /// What became of the sign-ins.
    struct Tally {
        var answered = Samples()
        var answers = 0
        var refused = 0
        var bursts = 0
    }

    func run() async throws -> SignInReport {
        let chosen = Fleet.Case(transport: .rest, depth: 1, kind: .book)
        let suite = Suite(
            plan: Suite.Plan(
                connections: plan.connections, pipeline: 2, seconds: plan.seconds, rounds: plan.rounds
            ),
            findings: findings, fleet: fleet, loop: loop
        )
        var (idle, busy) = ([chosen: LoadRun.Outcome()], [chosen: LoadRun.Outcome()])
        var (cancels, batch, tally) = (LoadRun.Outcome(), 0, Tally())
        try await suite.book(chosen, for: 0.5, batch: &batch, counted: false, &idle, &cancels)
        let slice = plan.seconds / Double(plan.rounds)
        // In turn, so that a slow moment of the machine does not fall on one of them alone.
        for _ in 0..<plan.rounds {
            try await suite.book(chosen, for: slice, batch: &batch, counted: true, &idle, &cancels)
            // Connections are opened beforehand: it is the sign-ins that arrive at once.
            let askers = try await connect()
            let storm = Task { try await self.storm(askers) }
            do {
                try await suite.book(chosen, for: slice, batch: &batch, counted: true, &busy, &cancels)
            } catch {
                storm.cancel()
                throw error
            }
            storm.cancel()
            tally.add(try await storm.value)
            otherLoop.execute { for asker in askers.joined() { asker.value.close() } }
        }
        return SignInReport(
            plan, idle: idle[chosen] ?? LoadRun.Outcome(), busy: busy[chosen] ?? LoadRun.Outcome(), signIns: tally
        )
    }

    /// Connections for all the bursts that a slice can have, so that none waits for the answers to the one before.
    private func connect() async throws -> [[NIOLoopBound<Asker>]] {
        // Bookings are given back off the clock, which takes about as long again.
        let bursts = Int((3 * plan.seconds / Double(plan.rounds) / plan.pause).rounded(.up)) + 1
        var askers: [[NIOLoopBound<Asker>]] = []
        for _ in 0..<min(bursts, 10) {
            var burst: [NIOLoopBound<Asker>] = []
            for _ in 0..<plan.count {
                burst.append(try await Asker.connect(findings.world, port: port, on: otherLoop))
            }
            askers.append(burst)
        }
        return askers
    }

    /// Burst after burst, until it is cancelled; then it waits for the answers that are still to come.
    private func storm(_ askers: [[NIOLoopBound<Asker>]]) async throws -> Tally {
        try await withThrowingTaskGroup(of: Tally.self) { group in
            for burst in askers where !Task.isCancelled {
                group.addTask { try await self.burst(burst) }
                try? await Task.sleep(for: .seconds(plan.pause))
            }
            return try await group.reduce(into: Tally()) { $0.add($1) }
        }
    }

    /// As many sign-ins as planned at once, each over a connection of its own, and from a network address of its own.
    ///
    /// Their passwords are wrong, which costs as much hashing as if they were right, but leaves the bookers signed in.
    private func burst(_ askers: [NIOLoopBound<Asker>]) async throws -> Tally {
        let loop = otherLoop
        let answers = try await loop.flatSubmit {
            EventLoopFuture.whenAllSucceed(
                askers.enumerated().map { index, asker in
                    asker.value.ask(
                        .post(
                            path: "/v1/sessions",
                            body: #"{"email":"rider\#(index % 200 + 1)@demo.test","password":"not the password"}"#,
                            client: "198.18.\(index / 250).\(index % 250 + 1)"
                        )
                    )
                },
                on: loop
            )
        }.get()
        var tally = Tally()
        tally.bursts = 1
        for answer in answers {
            switch answer.status {
            case 401:
                tally.answers += 1
                tally.answered.add(nanoseconds: answer.nanoseconds)
            case 429: tally.refused += 1
            default: throw LoadFailure("a sign-in was answered \(answer.status): \(String(buffer: answer.body))")
            }
        }
        return tally
    }
}

extension SignIns.Tally {
    mutating func add(_ other: SignIns.Tally) {
        answered.add(other.answered)
        answers += other.answers
        refused += other.refused
        bursts += other.bursts
    }
}

/// What was measured, for people and for machines.
struct SignInReport: Codable {
    struct Bookings: Codable {
        let answers: Int
        let perSecond: Double
        let p50Milliseconds: Double
        let p99Milliseconds: Double

        init(_ outcome: LoadRun.Outcome) {
            answers = outcome.answers
            perSecond = outcome.rate
            let latencies = outcome.samples.percentiles([50, 99])
            (p50Milliseconds, p99Milliseconds) = (latencies[0], latencies[1])
        }
    }

    let connections: Int
    let cores: Int
    let idle: Bookings
    let busy: Bookings
    /// How many times as long the slowest hundredth of bookings takes while people sign in.
    let p99Ratio: Double
    let bursts: Int
    let signInsPerBurst: Int
    let secondsBetweenBursts: Double
    let signInsAnswered: Int
    let signInsRefused: Int
    let signInP50Milliseconds: Double
    let signInP99Milliseconds: Double

    init(_ plan: SignIns.Plan, idle: LoadRun.Outcome, busy: LoadRun.Outcome, signIns: SignIns.Tally) {
        connections = plan.connections
        cores = ProcessInfo.processInfo.activeProcessorCount
        self.idle = Bookings(idle)
        self.busy = Bookings(busy)
        p99Ratio = self.idle.p99Milliseconds > 0 ? self.busy.p99Milliseconds / self.idle.p99Milliseconds : 0
        bursts = signIns.bursts
        signInsPerBurst = plan.count
        secondsBetweenBursts = plan.pause
        signInsAnswered = signIns.answers
        signInsRefused = signIns.refused
        let latencies = signIns.answered.percentiles([50, 99])
        (signInP50Milliseconds, signInP99Milliseconds) = (latencies[0], latencies[1])
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    func table() -> String {
        func line(_ name: String, _ bookings: Bookings) -> String {
            "\(name)  \(bookings.answers) bookings, \(Self.fixed(bookings.perSecond, 0)) per second, "
                + "p50 \(Self.fixed(bookings.p50Milliseconds, 2)) ms, p99 \(Self.fixed(bookings.p99Milliseconds, 2)) ms"
        }
        return """
            \(connections) connections, \(cores) cores shared by the server and this driver
            \(line("idle:         ", idle))
            \(line("with sign-ins:", busy))
            p99 with sign-ins is \(Self.fixed(p99Ratio, 2)) times the idle one
            \(bursts) bursts of \(signInsPerBurst) sign-ins, one each \(Self.fixed(secondsBetweenBursts, 1)) s: \
            \(signInsAnswered) answered, \(signInsRefused) refused with 429
            answered after p50 \(Self.fixed(signInP50Milliseconds, 0)) ms, p99 \(Self.fixed(signInP99Milliseconds, 0)) ms
            """
    }

    private static func fixed(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }
}

import Foundation
import Support
import Testing

extension EndToEnd.OnCluster {
    /// For how long instances are killed, in seconds; `FAREBUS_TEST_KILL_SECONDS` makes it longer.
    private static let killing = ProcessInfo.processInfo.environment["FAREBUS_TEST_KILL_SECONDS"].flatMap(Double.init) ?? 20

    @Test("An instance is killed every two seconds: what was acknowledged stays, and nothing is done twice")
    func killed() async throws {
        let cluster = try Cluster.current
        try await Crowd.working(at: cluster, riders: 51...56) { crowd in
            try await crowd.more(10)
            let random = SeededRandom(seed: crowd.seed)
            try await withThrowingTaskGroup(of: Void.self) { group in
                let end = ContinuousClock.now + .seconds(Self.killing)
                while .now < end {
                    let alive = try Cluster.Instance.allCases.filter { try cluster[$0].process.isRunning }
                    if !alive.isEmpty {
                        let victim = alive[random.number(in: 0...(alive.count - 1))]
                        let process = try cluster[victim].process
                        process.kill9()
                        group.addTask {
                            #expect(try await process.waitForExit() == .signal(SIGKILL))
                            try await cluster.restart(victim)
                        }
                    }
                    // The pace of the killing, and nothing that is waited for.
                    try await Task.sleep(for: .seconds(2))
                }
                try await group.waitForAll()
            }
            try await crowd.more(20)
            #expect(!crowd.reasons.isEmpty, "no kill met anybody: seed \(crowd.seed)")
        }
        try await cluster.expectClean()
    }

    @Test("Instances are restarted one after the other under load, and no client has an error that a retry does not mend")
    func rolling() async throws {
        let cluster = try Cluster.current
        try await Crowd.working(at: cluster, riders: 61...66) { crowd in
            for instance in Cluster.Instance.allCases {
                try await crowd.more(5)
                try await cluster[instance].stop()
                try await crowd.more(5)
                try await cluster.restart(instance, attempts: 1)
            }
            try await crowd.more(10)
        }
        try await cluster.expectClean()
    }
}

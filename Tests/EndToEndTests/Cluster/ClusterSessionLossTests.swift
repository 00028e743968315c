import Foundation
import Support
import Synchronization
import Testing

extension EndToEnd.OnCluster {
    /// What was seen while the sessions in Redis were lost over and over.
    private struct Tally: Sendable {
        var requests = 0
        var signedOut: [String] = []
        var oldLetIn = 0
        var flushes = 0
    }

    private final class TallyBoard: Sendable {
        let state = Mutex(Tally())
    }

    @Test("Redis is emptied in the middle of thousands of requests: nobody is signed out, no old token is let in")
    func flushedUnderLoad() async throws {
        let cluster = try Cluster.current
        let person = try await Person.registered("flushed@example.test", at: cluster)
        let old = try await person.signIn(at: .a)
        let live = try await person.signIn(at: .b)
        let goal = 4000
        let tally = TallyBoard()
        let riders = try (51...58).map { try cluster.demo(.a).rider($0) } + [live]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for instance in Cluster.Instance.allCases {
                for (index, token) in riders.enumerated() {
                    let server = try cluster[instance]
                    group.addTask {
                        let door = RESTDoor(server: server, token: token)
                        let before = RESTDoor(server: server, token: old)
                        var round = index
                        while tally.state.withLock({ $0.requests }) < goal {
                            round += 1
                            if round.isMultiple(of: 4) {
                                let answer = try await before.persist(.session)
                                tally.state.withLock { tally in
                                    tally.requests += 1
                                    if answer.code != "session_replaced" { tally.oldLetIn += 1 }
                                }
                            } else {
                                let answer = try await door.persist(.session)
                                tally.state.withLock { tally in
                                    tally.requests += 1
                                    if answer.status != 200 { tally.signedOut.append(answer.code ?? "\(answer.status)") }
                                }
                            }
                        }
                    }
                }
            }
            group.addTask {
                while tally.state.withLock({ $0.requests }) < goal {
                    try await cluster.redis.flush()
                    let next = tally.state.withLock { tally in
                        tally.flushes += 1
                        return tally.requests + 50
                    }
                    // The next one comes when the cache has been filled and used again.
                    try await wait(atMost: 30, for: "fifty more answers") {
                        tally.state.withLock { $0.requests >= min(next, goal) }
                    }
                }
            }
            try await group.waitForAll()
        }
        let seen = tally.state.withLock { $0 }
        #expect(seen.requests >= goal)
        #expect(seen.flushes >= 10)
        #expect(seen.signedOut == [])
        #expect(seen.oldLetIn == 0)
    }
}

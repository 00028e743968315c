import Foundation
import Support
import Testing

extension EndToEnd.OnCluster {
    /// The key of the lease in Redis.
    private static let lease = "farebus:lease:timetable.roll"

    @Test("One instance rolls the timetable for all; when it dies another takes over")
    func oneRoller() async throws {
        let cluster = try Cluster.current
        let free = try await cluster.departures(seats: 40).suffix(12).map(\.id)
        try #require(free.count == 12)
        let (first, second) = (free[3], free[8])
        let log = RollLog(cluster)

        // Whoever held the lease finds that it is gone, and one of them takes it.
        try await wait(atMost: 40, for: "a holder") { try await cluster.redis.has(Self.lease) }
        try await cluster.kept { try await $0.remove(from: "departures") { $0.text("id") == first } }
        try await cluster.redis.say("DEL", Self.lease)
        try await wait(atMost: 60, for: "a roll") { log.rollers.count > 0 }
        #expect(log.rollers.count == 1)
        let holder = try #require(log.rollers.first)

        try await cluster.kept { try await $0.remove(from: "departures") { $0.text("id") == second } }
        let process = try cluster[holder].process
        process.kill9()
        // The lease lasts for 15 s, and the others ask every 15 s.
        try await wait(atMost: 45, for: "another to roll") { log.rollers.count > 1 }
        #expect(Set(log.rollers).count == 2)
        try await process.waitForExit()
        try await cluster.restart(holder)
        try await cluster.kept { kept in
            for id in [first, second] {
                let count = try await kept.count(of: "departures") { $0.text("id") == id }
                #expect(count == 1)
            }
        }
        #expect(log.rollers.count == 2)
    }

    @Test("A letter is delivered once, although each instance has a worker")
    func lettersOnce() async throws {
        let cluster = try Cluster.current
        let before = Set(try cluster.mail.letters())
        let addresses = (1...12).map { "letter\($0)@example.test" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, address) in addresses.enumerated() {
                let door = try cluster.nobody(Cluster.Instance.allCases[index % 3])
                group.addTask {
                    let asked = Ask.post("registration.start", "/v1/registrations", ["email": address])
                    let answer = try await door.persist(asked)
                    #expect(answer.status == 202)
                }
            }
            try await group.waitForAll()
        }
        try await cluster.kept { kept in
            _ = try await wait(atMost: 30, for: "an empty outbox") { try await kept.count(of: "mail_outbox") == 0 }
        }
        let letters = try cluster.mail.letters().filter { !before.contains($0) }
        // A file's name is the letter's reference.
        #expect(Set(letters.map(\.lastPathComponent)).count == addresses.count)
        #expect(letters.count == addresses.count)
    }
}

/// Who has made a departure that was missing, from the logs, since it was begun.
private struct RollLog: Sendable {
    private let logs: [(instance: Cluster.Instance, server: ServerProcess, known: Int)]

    init(_ cluster: Cluster) {
        logs = Cluster.Instance.allCases.compactMap { instance in
            (try? cluster[instance]).map { (instance, $0, Self.rolls($0)) }
        }
    }

    /// One for each roll.
    var rollers: [Cluster.Instance] {
        logs.flatMap { log in Array(repeating: log.instance, count: Self.rolls(log.server) - log.known) }
    }

    private static func rolls(_ server: ServerProcess) -> Int {
        server.process.errors.lines.count { $0.contains("timetable rolled") && $0.contains("made=1 ") }
    }
}

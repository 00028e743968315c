import Foundation
import Support
import Synchronization
import Testing

extension EndToEnd {
    /// The server is killed in the middle of its work, again and again.
    @Suite(.timeLimit(.minutes(6)))
    struct Crash {
        @Test("After a kill -9 nothing that was acknowledged is missing, and nothing was done twice")
        func killUnderLoad() async throws {
            let place = try await ServerPlace("crash")
            let seed = UInt64.random(in: 0 ... .max)
            let random = SeededRandom(seed: seed)
            let clients = (0..<8).map { Client(rider: $0 + 1, startsOnSocket: $0.isMultiple(of: 2)) }
            for round in 1...3 {
                let comment: Comment = "seed \(seed), round \(round)"
                let server = try await ServerProcess.start(in: place, environment: unlimited)
                do {
                    let demo = try Demo(server)
                    let targets = try await demo.departures().filter { $0.seatsLeft > 8 }.prefix(6).map(\.id)
                    try #require(targets.count > 2, comment)
                    let enough = Threshold(random.number(in: 30...150))
                    // Everybody is in before the first one works, as the server may be gone soon after.
                    var shifts: [Shift] = []
                    for client in clients {
                        let taste = UInt64(client.rider) &+ random.next()
                        shifts.append(try await client.shift(demo, targets, round: round, SeededRandom(seed: taste)))
                    }
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for (client, shift) in zip(clients, shifts) {
                            group.addTask { try await client.work(shift, acknowledged: enough.count) }
                        }
                        group.addTask {
                            try await withDeadline(60, "\(enough.limit) answers") { await enough.reached() }
                            // The moment comes by the clock of the machine: somewhere in the answers under way.
                            server.process.kill9()
                        }
                        try await group.waitForAll()
                    }
                } catch {
                    await server.process.end()
                    throw error
                }
                let exit = try await server.process.waitForExit()
                #expect(exit == .signal(SIGKILL), comment)
                try await ServerProcess.with(in: place, environment: unlimited) { server in
                    let demo = try Demo(server)
                    for client in clients { try await client.check(demo, comment) }
                }
                try await expectClean(place)
            }
            #expect(clients.contains { $0.hasUnanswered }, "no kill met a command under way: seed \(seed)")
        }
    }

    /// What a client works with from a start of the server to its end.
    private struct Shift: Sendable {
        let door: any Door
        let isOnSocket: Bool
        let targets: [String]
        let held: [(id: String, departure: String)]
        let round: Int
        let random: SeededRandom
    }

    /// A rider who books and cancels without end, and remembers every key and every answer.
    private final class Client: Sendable {
        private struct Attempt {
            let key: String
            let ask: Ask
            var answer: Answer?
            let wasOnSocket: Bool
        }

        let rider: Int
        private let startsOnSocket: Bool
        private let attempts = Mutex<[Attempt]>([])
        private let unanswered = Mutex(false)

        init(rider: Int, startsOnSocket: Bool) {
            self.rider = rider
            self.startsOnSocket = startsOnSocket
        }

        var hasUnanswered: Bool { unanswered.withLock { $0 } }

        /// Comes in, and looks at what it holds.
        func shift(_ demo: Demo, _ targets: [String], round: Int, _ random: SeededRandom) async throws -> Shift {
            let isOnSocket = startsOnSocket == (round % 2 == 1)
            return Shift(
                door: isOnSocket ? try await demo.socket(rider) : try demo.rest(rider), isOnSocket: isOnSocket,
                targets: targets, held: try await liveBookings(demo), round: round, random: random
            )
        }

        /// Works until the server is gone.
        func work(_ shift: Shift, acknowledged: @Sendable () -> Void) async throws {
            let random = shift.random
            var held = shift.held
            // Bounded: a server that is not killed fails the test elsewhere.
            for turn in 0..<20_000 {
                let key = "r\(shift.round)-\(turn)"
                let free = shift.targets.filter { target in !held.contains { $0.departure == target } }
                let gives = free.isEmpty || (!held.isEmpty && random.number(in: 0...1) == 0)
                let ask: Ask
                if gives {
                    ask = .cancel(held[random.number(in: 0...(held.count - 1))].id)
                } else {
                    ask = .book(free[random.number(in: 0...(free.count - 1))])
                }
                attempts.withLock { $0.append(Attempt(key: key, ask: ask, answer: nil, wasOnSocket: shift.isOnSocket)) }
                let answer: Answer
                do {
                    answer = try await shift.door.insist(ask, key: key)
                } catch let error as DeadlinePassed {
                    throw error
                } catch {
                    // The server is gone: the outcome is unknown until the key is repeated.
                    unanswered.withLock { $0 = true }
                    return
                }
                #expect(answer.status < 300, "\(ask.command): \(String(decoding: answer.body, as: UTF8.self))")
                attempts.withLock { $0[$0.count - 1].answer = answer }
                acknowledged()
                if gives {
                    held.removeAll { ask.path.contains($0.id) }
                } else if let id = answer.json["id"].string, let departure = answer.json["departure"].string {
                    held.append((id, departure))
                }
            }
        }

        /// Repeats every key by the other transport and compares; then counts what there is.
        func check(_ demo: Demo, _ comment: Comment) async throws {
            let (rest, socket) = (try demo.rest(rider), try await demo.socket(rider))
            var answers: [(ask: Ask, answer: Answer)] = []
            for (index, attempt) in attempts.withLock({ $0 }).enumerated() {
                let (other, same): (any Door, any Door) = attempt.wasOnSocket ? (rest, socket) : (socket, rest)
                let repeated = try await other.insist(attempt.ask, key: attempt.key)
                if let answer = attempt.answer {
                    #expect(repeated.status == answer.status, comment)
                    #expect(repeated.body == answer.body, comment)
                } else {
                    // It was done before the kill or it is done now, but once, and with one answer from now on.
                    let again = try await same.insist(attempt.ask, key: attempt.key)
                    #expect(again.status == repeated.status, comment)
                    #expect(again.body == repeated.body, comment)
                    #expect(repeated.status < 300, comment)
                    attempts.withLock { $0[index].answer = repeated }
                }
                answers.append((attempt.ask, repeated))
            }
            let made = answers.filter { $0.ask.command == "bookings.create" }.compactMap { $0.answer.json["id"].string }
            let given = answers.filter { $0.ask.command == "bookings.cancel" }.compactMap { $0.answer.json["id"].string }
            let live = Set(made).subtracting(given)
            #expect(Set(made).count == made.count, comment)
            #expect(Set(try await liveBookings(demo).map(\.id)) == live, comment)
            for id in made {
                let state = try await rest.send(.booking(id)).json["state"].string
                #expect(state == (live.contains(id) ? "booked" : "cancelled"), comment)
            }
            let fares = try await live.asyncSum { try await rest.send(.booking($0)).json["fare"]["amount"].int ?? 0 }
            #expect(try await rest.send(.wallet).json["balance"]["amount"].int == 40_000 - fares, comment)
            await socket.close()
        }

        private func liveBookings(_ demo: Demo) async throws -> [(id: String, departure: String)] {
            let list = try await demo.rest(rider).send(.liveBookings)
            return list.json["items"].array.compactMap { item in
                item["id"].string.flatMap { id in item["departure"].string.map { (id, $0) } }
            }
        }
    }

    /// Tells when enough has happened.
    private final class Threshold: Sendable {
        let limit: Int
        private let state = Mutex<(count: Int, waiter: CheckedContinuation<Void, Never>?)>((0, nil))

        init(_ limit: Int) {
            self.limit = limit
        }

        func count() {
            let waiter = state.withLock { state in
                state.count += 1
                guard state.count >= limit else { return nil as CheckedContinuation<Void, Never>? }
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }

        func reached() async {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.count < limit { state.waiter = continuation }
                    return state.count >= limit
                }
                if isThere { continuation.resume() }
            }
        }
    }
}

extension Door {
    /// Sends it, and on MongoDB again while the answer is 503: a server that was killed leaves its transactions behind, and
    /// what they wrote is held until MongoDB gives them up (`transactionLifetimeLimitSeconds`, a minute unless told
    /// otherwise). Until then nothing is done, and the key stays free.
    fileprivate func insist(_ ask: Ask, key: String) async throws -> Answer {
        let end = ContinuousClock.now + .seconds(90)
        while true {
            let answer = try await send(ask, key: key)
            guard TestEngine.isMongoDB, answer.status == 503, .now < end else { return answer }
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}

extension Sequence {
    fileprivate func asyncSum(_ value: (Element) async throws -> Int) async throws -> Int {
        var sum = 0
        for element in self { sum += try await value(element) }
        return sum
    }
}

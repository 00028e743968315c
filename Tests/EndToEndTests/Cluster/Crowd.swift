import Foundation
import Support
import Synchronization
import Testing

/// Riders who book and cancel over all instances and both transports, for as long as something happens to the cluster, and
/// who remember everything that they were promised.
final class Crowd: Sendable {
    let cluster: Cluster
    let seed: UInt64
    private let members: [Member]
    private let state = Mutex((isOver: false, answers: 0))

    private init(_ cluster: Cluster, riders: ClosedRange<Int>, departures: [String], seed: UInt64) {
        self.cluster = cluster
        self.seed = seed
        members = riders.map { rider in
            let taste = SeededRandom(seed: seed &+ UInt64(rider))
            return Member(PatientCaller(cluster, rider: rider), departures, taste)
        }
    }

    /// Has them work while `body` runs, waits until each has its last answer, and checks what they were promised.
    static func working(
        at cluster: Cluster, riders: ClosedRange<Int>, _ body: (Crowd) async throws -> Void
    ) async throws {
        let departures = try await cluster.departures(seats: 20).prefix(8).map(\.id)
        try #require(departures.count > 4)
        let crowd = Crowd(cluster, riders: riders, departures: departures, seed: .random(in: 0 ... .max))
        for member in crowd.members { try await member.begin() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for member in crowd.members { group.addTask { try await member.work(in: crowd) } }
            defer { crowd.state.withLock { $0.isOver = true } }
            try await body(crowd)
            crowd.state.withLock { $0.isOver = true }
            try await group.waitForAll()
        }
        for member in crowd.members { try await member.check("seed \(crowd.seed)") }
    }

    /// How many commands were carried out.
    var answers: Int { state.withLock { $0.answers } }
    fileprivate var isOver: Bool { state.withLock { $0.isOver } }
    fileprivate func count() { state.withLock { $0.answers += 1 } }

    /// Why commands had to be sent again, and how often.
    var reasons: [String: Int] {
        members.reduce(into: [:]) { $0.merge($1.caller.reasons) { $0 + $1 } }
    }

    /// Waits until so many more were carried out.
    func more(_ count: Int, atMost seconds: Double = 90) async throws {
        let goal = answers + count
        try await wait(atMost: seconds, for: "\(count) more answers; retried: \(reasons)") { self.answers >= goal }
    }
}

/// One of them.
private final class Member: Sendable {
    private struct Promise {
        let ask: Ask
        let key: String
        let answer: Answer
        let turn: Int
    }

    private struct Books {
        var balance = 0
        var held: [String: String] = [:]
    }

    let caller: PatientCaller
    private let departures: [String]
    private let random: SeededRandom
    private let start = Mutex(Books())
    private let promises = Mutex<[Promise]>([])

    init(_ caller: PatientCaller, _ departures: [String], _ random: SeededRandom) {
        self.caller = caller
        self.departures = departures
        self.random = random
    }

    /// Notes what there is before anything happens.
    func begin() async throws {
        let books = Books(balance: try await balance(), held: try await held())
        start.withLock { $0 = books }
    }

    func work(in crowd: Crowd) async throws {
        let prefix = UUID().uuidString.prefix(8).lowercased()
        var held = start.withLock { $0.held }
        var turn = 0
        while !crowd.isOver {
            turn += 1
            let free = departures.filter { !held.values.contains($0) }
            let given = free.isEmpty || random.number(in: 0...1) == 0 ? held.keys.sorted().first : nil
            let ask = given.map(Ask.cancel) ?? .book(free[random.number(in: 0...(free.count - 1))])
            let key = "\(prefix)-\(turn)"
            let answer = try await caller.insist(ask, key: key, startingAt: random.number(in: 0...5))
            #expect(
                answer.status < 300,
                "rider \(caller.rider), seed \(crowd.seed), \(ask.command): \(String(decoding: answer.body, as: UTF8.self))"
            )
            crowd.count()
            guard answer.status < 300, let id = answer.json["id"].string else { continue }
            promises.withLock { $0.append(Promise(ask: ask, key: key, answer: answer, turn: turn)) }
            if given != nil { held[id] = nil } else { held[id] = answer.json["departure"].string }
        }
    }

    /// What was promised is there: each key has its answer still, and bookings and money add up.
    func check(_ comment: Comment) async throws {
        let (start, promises) = (start.withLock { $0 }, promises.withLock { $0 })
        var held = start.held
        var balance = start.balance
        for promise in promises {
            let again = try await caller.insist(promise.ask, key: promise.key, startingAt: promise.turn)
            #expect(again.status == promise.answer.status, comment)
            #expect(again.body == promise.answer.body, comment)
            let (id, fare) = (promise.answer.json["id"].string ?? "", promise.answer.json["fare"]["amount"].int ?? 0)
            if promise.ask.command == "bookings.create" {
                #expect(held[id] == nil, comment)
                held[id] = promise.answer.json["departure"].string
                balance -= fare
            } else {
                #expect(held.removeValue(forKey: id) != nil, comment)
                balance += fare
            }
        }
        #expect(try await self.held() == held, comment)
        #expect(try await self.balance() == balance, comment)
    }

    private func balance() async throws -> Int {
        let wallet = try await caller.insist(.wallet, startingAt: caller.rider)
        return try #require(wallet.json["balance"]["amount"].int)
    }

    /// The departure of each live booking.
    private func held() async throws -> [String: String] {
        let list = try await caller.insist(.liveBookings, startingAt: caller.rider)
        return list.json["items"].array.reduce(into: [:]) { held, item in
            if let id = item["id"].string { held[id] = item["departure"].string }
        }
    }
}

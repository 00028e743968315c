import CommandBus
import Foundation
import Support
import Testing

@testable import Storage

@Suite("The MongoDB store", .timeLimit(.minutes(4)))
struct MongoStoreTests {
    private typealias Unit<Value: Sendable> = TransactionUnit<MongoTransaction, Value>

    private static let taken = Problem.invalid("/name", "It is taken.")

    /// Makes the collections: a real server takes a lock for that inside a transaction, and tests conflict enough.
    private func prepare(_ store: MongoStore, _ documents: [BSONDocument] = []) async throws {
        try await store.outsideTransactions { session in
            for name in ["things", "records"] { _ = try session.command(["create": .string(name)]) }
            try session.insert("things", documents)
        }
    }

    private func things(_ store: MongoStore) async throws -> [BSONDocument] {
        try await store.read { try $0.session.find("things", [:], sort: ["_id": 1]) }
    }

    @Test("a deployment with transactions passes the probe, and leaves nothing behind", arguments: EngineServer.allCases)
    func probe(server: EngineServer) async throws {
        try await server.withStore { store in
            try await store.probe()
            try await store.probe()
            try await store.ping()
            #expect(try await store.read { try $0.session.count(MongoProbe.collection, [:]) } == 0)
        }
    }

    @Test("what a unit did is there when it returns", arguments: EngineServer.allCases)
    func commit(server: EngineServer) async throws {
        try await server.withStore { store in
            try await prepare(store)
            let notes = Notes<Int>()
            let value = try await store.transact(
                Unit(
                    perform: { tx in
                        try tx.session.insert("things", ["_id": "a", "n": 1])
                        #expect(try tx.session.update("things", ["_id": "a"], ["$inc": ["n": 1]]) == 1)
                        // A transaction sees its own writes, and nobody else does.
                        return try tx.session.findOne("things", ["_id": "a"])?.int("n") ?? 0
                    },
                    committed: { value in
                        notes.add(value)
                        value += 100
                    }
                )
            )
            #expect(value == 102)
            #expect(notes.all == [2])
            #expect(try await things(store) == [["_id": "a", "n": 2]])
            #expect(store.statistics == .init(units: 1, attempts: 1, commits: 1))
        }
    }

    @Test("a unit that throws leaves nothing behind")
    func abort() async throws {
        struct Fault: Error {}
        try await EngineServer.standalone.withStore { store in
            try await prepare(store)
            let notes = Notes<Int>()
            await #expect(throws: Fault.self) {
                try await store.transact(
                    Unit<Int>(
                        perform: { tx in
                            try tx.session.insert("things", ["_id": "a"])
                            throw Fault()
                        }, committed: { notes.add($0) }
                    )
                )
            }
            #expect(try await things(store) == [])
            #expect(notes.all.isEmpty)
            #expect(store.statistics == .init(units: 1, attempts: 1))
        }
    }

    @Test("a refusal is kept in a transaction of its own, after the unit was undone")
    func refused() async throws {
        try await EngineServer.standalone.withStore { store in
            try await prepare(store)
            let answer = try await store.transact(
                Unit<String>(
                    perform: { tx in
                        try tx.session.insert("things", ["_id": "undone"])
                        throw Self.taken
                    },
                    refused: { problem, tx in
                        #expect(try tx.session.findOne("things", ["_id": "undone"]) == nil)
                        try tx.session.insert("records", ["_id": .string(problem.code.name)])
                        return "kept"
                    }
                )
            )
            #expect(answer == "kept")
            #expect(try await things(store) == [])
            #expect(try await store.read { try $0.session.find("records", [:]) } == [["_id": "invalid_input"]])
            // Where the refusal is not to be kept, the problem is the caller's.
            let problem = await #expect(throws: Problem.self) {
                try await store.transact(Unit<String>(perform: { _ in throw Self.taken }))
            }
            #expect(problem?.code == .invalidInput)
        }
    }

    @Test("units that meet on one document are all done, and each counts once")
    func conflicts() async throws {
        try await EngineServer.standalone.withStore { store in
            try await prepare(store, [["_id": "counter", "n": 0]])
            let (meeting, runs, told) = (Meeting(of: 2), Notes<Int>(), Notes<Int>())
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        try await store.transact(
                            Unit(
                                perform: { tx in
                                    let n = try tx.session.findOne("things", ["_id": "counter"])?.int("n") ?? 0
                                    // Both have read before either writes.
                                    if runs.add(n) <= 2 { try meeting.join() }
                                    try tx.session.update("things", ["_id": "counter"], ["$set": ["n": .init(n + 1)]])
                                    return n + 1
                                }, committed: { told.add($0) }
                            )
                        )
                    }
                }
                let values = try await group.reduce(into: Set<Int>()) { $0.insert($1) }
                #expect(values == [1, 2])
            }
            #expect(try await things(store) == [["_id": "counter", "n": 2]])
            #expect(told.all == [1, 2])
            #expect(runs.all.count == 3)
            #expect(store.statistics == .init(units: 2, attempts: 3, commits: 2, conflicts: 1))
        }
    }

    @Test("under contention every unit gets done, and is told of in the order of the commits")
    func contention() async throws {
        try await EngineServer.standalone.withStore { store in
            try await prepare(store, [["_id": "counter", "n": 0]])
            let told = Notes<Int>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        _ = try await store.transact(
                            Unit(
                                perform: { tx in
                                    let filter: BSONDocument = ["_id": "counter"]
                                    let changed = try tx.session.findAndUpdate("things", filter, ["$inc": ["n": 1]])
                                    return try changed?.int("n") ?? 0
                                }, committed: { told.add($0) }
                            )
                        )
                    }
                }
                try await group.waitForAll()
            }
            #expect(told.all == Array(1...40))
        }
    }

    @Test("of two that want one unique key, the rule of the second sees the first")
    func uniqueKeys() async throws {
        try await EngineServer.standalone.withStore { store in
            try await prepare(store)
            let index: BSONDocument = ["key": ["name": 1], "name": "name", "unique": true]
            _ = try await store.command(["createIndexes": "things", "indexes": .init([index])])
            let (meeting, runs) = (Meeting(of: 2), Notes<String>())
            let outcomes = await withTaskGroup(of: String.self) { group in
                for id in ["a", "b"] {
                    group.addTask {
                        let unit = Unit<String>(perform: { tx in
                            guard try tx.session.findOne("things", ["name": "one"]) == nil else { throw Self.taken }
                            if runs.add(id) <= 2 { try meeting.join() }
                            try tx.session.insert("things", ["_id": .string(id), "name": "one"])
                            return "made"
                        })
                        do { return try await store.transact(unit) } catch {
                            return (error as? Problem)?.code.name ?? "\(error)"
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }.sorted()
            }
            #expect(outcomes == ["invalid_input", "made"])
            #expect(try await things(store).count == 1)
        }
    }

    @Test("of two deliveries that are refused under one key, the second finds the record of the first")
    func refusedTwice() async throws {
        try await EngineServer.standalone.withStore { store in
            try await prepare(store)
            let (meeting, runs) = (Meeting(of: 2), Notes<Int>())
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for delivery in 0..<2 {
                    group.addTask {
                        try await store.transact(
                            Unit(
                                perform: { tx in
                                    guard try tx.session.findOne("records", ["_id": "key"]) == nil else { return "again" }
                                    throw Self.taken
                                },
                                refused: { _, tx in
                                    if runs.add(delivery) <= 2 { try meeting.join() }
                                    try tx.session.insert("records", ["_id": "key"])
                                    return "first"
                                }
                            )
                        )
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted()
            }
            #expect(answers == ["again", "first"])
        }
    }

    @Test("a unit that hides a failed call is not committed; without the failed call it is")
    func hidden() async throws {
        try await EngineServer.standalone.withStore { store in
            try await prepare(store, [["_id": "there"]])
            let unit: @Sendable (Bool) -> Unit<Void> = { fails in
                Unit(perform: { tx in
                    try tx.session.insert("things", ["_id": "beside"])
                    if fails { try? tx.session.insert("things", ["_id": "there"]) }
                })
            }
            let error = await #expect(throws: MongoError.self) { try await store.transact(unit(true)) }
            #expect(error?.code == MongoError.Code.duplicateKey)
            #expect(try await things(store).count == 1)
            #expect(store.statistics.duplicateKeys == MongoOptions(uri: "").duplicateKeyAttempts)
            try await store.transact(unit(false))
            #expect(try await things(store).count == 2)
        }
    }

    @Test("all the reads of a snapshot are of one instant; read one by one they are not", arguments: EngineServer.allCases)
    func snapshots(server: EngineServer) async throws {
        try await server.withStore { store in
            try await prepare(store, [["_id": "a", "n": 1], ["_id": "b", "n": 1]])
            /// Reads a, has both changed meanwhile, and reads b.
            let read: @Sendable (MongoSession, Meeting, Meeting) throws -> [Int?] = { session, begun, changed in
                let a = try session.findOne("things", ["_id": "a"])?.int("n")
                try begun.join()
                try changed.join()
                return [a, try session.findOne("things", ["_id": "b"])?.int("n")]
            }
            let change: @Sendable (Meeting, Meeting) async throws -> Void = { begun, changed in
                try await store.transact(
                    Unit(perform: { tx in
                        try begun.join()
                        try tx.session.update("things", [:], ["$inc": ["n": 1]], many: true)
                    })
                )
                // Another thread's: this one is nobody's to block.
                _ = try await store.read { _ in try changed.join() }
            }
            let (begun, changed) = (Meeting(of: 2), Meeting(of: 2))
            async let changing: Void = change(begun, changed)
            #expect(try await store.read { try read($0.session, begun, changed) } == [1, 1])
            try await changing
            let (begunAgain, changedAgain) = (Meeting(of: 2), Meeting(of: 2))
            async let changingAgain: Void = change(begunAgain, changedAgain)
            #expect(try await store.outsideTransactions { try read($0, begunAgain, changedAgain) } == [2, 3])
            try await changingAgain
        }
    }

    @Test("a read sees every commit that was acknowledged before", arguments: EngineServer.allCases)
    func readYourWrites(server: EngineServer) async throws {
        try await server.withStore { store in
            try await prepare(store)
            for number in 0..<20 {
                try await store.transact(
                    Unit(perform: { try $0.session.insert("things", ["_id": .string("\(number)")]) })
                )
                #expect(try await store.read { try $0.session.count("things", [:]) } == number + 1)
                #expect(try await store.readReport { try $0.session.count("things", [:]) } == number + 1)
            }
        }
    }

    @Test("what came too late is answered without being begun; in time it is done")
    func deadline() async throws {
        for (deadline, isDone) in [(0.0, false), (10.0, true)] {
            try await EngineServer.standalone.withStore {
                $0.deadline = deadline
            } _: { store in
                let runs = Notes<Int>()
                let unit = Unit<Void>(perform: { _ in runs.add(1) })
                if isDone {
                    try await store.transact(unit)
                } else {
                    let problem = await #expect(throws: Problem.self) { try await store.transact(unit) }
                    #expect(problem?.code == .storeUnavailable)
                    await #expect(throws: Problem.self) { try await store.read { _ in runs.add(1) } }
                }
                #expect(runs.all.count == (isDone ? 1 : 0))
            }
        }
    }

    @Test("when too much waits, what comes is turned away and was not done")
    func busy() async throws {
        try await EngineServer.standalone.withStore {
            $0.threads = 1
            $0.maxWaiting = 1
        } _: { store in
            let (begun, mayGoOn, runs) = (Meeting(of: 2), Meeting(of: 2), Notes<Int>())
            async let holding: Void = store.transact(
                Unit(perform: { _ in
                    try begun.join()
                    try mayGoOn.join()
                })
            )
            try await store.outsideTransactions { _ in try begun.join() }
            let turnedAway = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<3 {
                    group.addTask {
                        do {
                            _ = try await store.transact(Unit(perform: { _ in runs.add(number) }))
                            return false
                        } catch let problem as Problem where problem.code.name == "store_busy" {
                            return true
                        }
                    }
                }
                // One waits; the other two have their answer while the thread is still held.
                var answers = [try await group.next(), try await group.next()]
                try await store.outsideTransactions { _ in try mayGoOn.join() }
                answers.append(try await group.next())
                return answers
            }
            try await holding
            #expect(turnedAway == [true, true, false])
            #expect(runs.all.count == 1)
        }
    }

    @Test("calls read and write as they say")
    func calls() async throws {
        try await EngineServer.standalone.withStore { store in
            try await prepare(store)
            try await store.transact(
                Unit(perform: { tx in
                    let session = tx.session
                    // More than fits into one reply.
                    let pad = BSONValue.binary(Data(count: 1000))
                    try session.insert(
                        "things", (0..<1500).map { ["_id": .string("\(10_000 + $0)"), "pad": pad, "n": .init($0)] })
                    #expect(try session.find("things", [:]).count == 1500)
                    #expect(try session.count("things", ["n": ["$lt": 700]]) == 700)
                    #expect(try session.count("things", [:], limit: 10) == 10)
                    let page = try session.find(
                        "things", [:], sort: ["n": -1], projection: ["n": 1, "_id": 0], skip: 1, limit: 2)
                    #expect(page == [["n": 1498], ["n": 1497]])
                    #expect(try session.find("things", [:], limit: 0) == [])
                    let sums = try session.aggregate("things", [["$group": ["_id": nil, "sum": ["$sum": "$n"]]]])
                    #expect(try sums.first?.int("sum") == 1499 * 750)
                    #expect(try session.update("things", ["n": ["$gte": 1000]], ["$set": ["big": true]], many: true) == 500)
                    #expect(try session.update("things", ["_id": "new"], ["$set": ["n": 1]]) == 0)
                    #expect(try session.update("things", ["_id": "new"], ["$set": ["n": 1]], upsert: true) == 1)
                    #expect(
                        try session.findAndUpdate("things", ["_id": "new"], ["$inc": ["n": 1]], returnsNew: false) == [
                            "_id": "new", "n": 1,
                        ])
                    #expect(try session.findAndUpdate("things", ["_id": "none"], ["$inc": ["n": 1]]) == nil)
                    #expect(try session.delete("things", ["_id": "new"]) == 1)
                    #expect(try session.delete("things", [:], many: true) == 1500)
                })
            )
            #expect(try await things(store) == [])
        }
    }
}

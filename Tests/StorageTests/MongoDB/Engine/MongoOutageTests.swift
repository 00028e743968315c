import CommandBus
import Foundation
import Support
import Testing

@testable import Storage

@Suite("The MongoDB store without its server", .timeLimit(.minutes(3)))
struct MongoOutageTests {
    private typealias Unit<Value: Sendable> = TransactionUnit<MongoTransaction, Value>

    @Test("a server that is not there is a 503 in time, for units and reads and the check of health")
    func unreachable() async throws {
        // Nothing listens on the port of a relay that was closed.
        let relay = try CuttingRelay(to: 1, at: "nothing", cuts: 0)
        relay.close()
        try await EngineServer.standalone.withStore(relay: relay.port) {
            $0.connectTimeout = 300
        } _: { store in
            let started = ContinuousClock.now
            let runs = Notes<Int>()
            for call in [
                { try await store.transact(Unit(perform: { _ in runs.add(1) })) },
                { try await store.read { try $0.session.count("things", [:]) } }, { try await store.ping() },
            ] as [@Sendable () async throws -> Any] {
                let problem = await #expect(throws: Problem.self) { _ = try await call() }
                #expect(problem?.code == .storeUnavailable)
            }
            #expect(runs.all.isEmpty)
            #expect(ContinuousClock.now - started < .seconds(5))
            let error = await #expect(throws: MongoStoreError.self) { try await store.probe() }
            guard case .unreachable = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("a connection that is cut inside a unit has it tried again, and done once")
    func cutInside() async throws {
        try await through(cuts: 1, at: "insert") { store, _ in
            try await store.transact(Unit(perform: { try $0.session.insert("things", ["_id": "a"]) }))
            #expect(store.statistics.attempts == 2)
            #expect(store.statistics.interruptions == 1)
            #expect(try await store.read { try $0.session.count("things", [:]) } == 1)
        }
    }

    @Test("a commit whose answers are lost is asked again until it is known, and was done once", arguments: [1, 3])
    func lostAnswers(cuts: Int) async throws {
        try await through(cuts: cuts, at: "commitTransaction") { store, relay in
            let (runs, told) = (Notes<Int>(), Notes<Int>())
            _ = try await store.transact(
                Unit(
                    perform: { tx in
                        _ = try tx.session.findAndUpdate("things", ["_id": "a"], ["$inc": ["n": 1]], upsert: true)
                        return runs.add(1)
                    }, committed: { told.add($0) }
                )
            )
            #expect(runs.all.count == 1)
            #expect(told.all == [1])
            #expect(relay.seen > cuts)
            #expect(try await store.read { try $0.session.find("things", [:]) } == [["_id": "a", "n": 1]])
        }
    }

    @Test("a commit whose outcome stays unknown is never said to be done, nor tried anew")
    func neverKnown() async throws {
        try await through(cuts: .max, at: "commitTransaction") { store, _ in
            let (runs, told) = (Notes<Int>(), Notes<Int>())
            let problem = await #expect(throws: Problem.self) {
                try await store.transact(
                    Unit(
                        perform: { tx in
                            try tx.session.insert("things", ["_id": "a"])
                            return runs.add(1)
                        }, committed: { told.add($0) }
                    )
                )
            }
            #expect(problem?.code == .storeUnavailable)
            #expect(runs.all.count == 1)
            #expect(told.all.isEmpty)
            #expect(store.statistics.unknownCommits == 1)
        }
    }

    private func through(
        cuts: Int, at word: String, _ body: (MongoStore, CuttingRelay) async throws -> Void
    ) async throws {
        let relay = try CuttingRelay(to: try await EngineServer.standalone.port(), at: word, cuts: cuts)
        defer { relay.close() }
        try await EngineServer.standalone.withStore(relay: relay.port) { store in
            _ = try await store.command(["create": "things"])
            try await body(store, relay)
        }
    }
}

@Suite("The MongoDB URI")
struct MongoURITests {
    @Test(
        "one that can't be read is a named error that tells nothing of it",
        arguments: ["", "http://example.com", "mongodb://", "mongodb://someone:pa/ss@w0rd@host/db", "mongodb://h/d\0b"]
    )
    func malformed(uri: String) throws {
        let log = LogBook()
        let error = #expect(throws: MongoStoreError.malformedURI) {
            try MongoStore.open(MongoOptions(uri: uri), logger: log.logger)
        }
        let told = "\(error.map { "\($0)" } ?? "")\(log.lines.joined(separator: "\n"))"
        #expect(!told.contains("w0rd") && !told.contains("pa/ss") && !told.contains("someone"))
    }

    @Test("the password stays out of every text, and the database is the URI's")
    func password() async throws {
        let log = LogBook()
        let relay = try CuttingRelay(to: 1, at: "nothing", cuts: 0)
        relay.close()
        var options = MongoOptions(
            uri: "mongodb://someone:s3cr3t-w0rd@127.0.0.1:\(relay.port)/fares?directConnection=true&wrong=s3cr3t-w0rd"
        )
        options.connectTimeout = 100
        let pool = try MongoPool(options, clients: 1, logger: log.logger)
        #expect(pool.database == "fares")
        let store = try MongoStore.open(options, logger: log.logger)
        let error = await #expect(throws: MongoStoreError.self) { try await store.probe() }
        let told = "\(error.map { "\($0)" } ?? "")\(log.lines.joined(separator: "\n"))"
        #expect(!told.contains("s3cr3t"))
        try await Task.detached { try store.close() }.value
    }

    @Test("without a database in the URI it is farebus")
    func database() throws {
        let options = MongoOptions(uri: "mongodb://127.0.0.1:1/?directConnection=true")
        #expect(try MongoPool(options, clients: 1, logger: EngineServer.silent).database == "farebus")
    }
}

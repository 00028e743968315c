import CommandBus
import Foundation
import GRDB
import Support
import Synchronization
import Testing

@testable import Storage

@Suite("Copies from one store to another", .timeLimit(.minutes(3)))
struct StoreCopyTests {
    private let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder("copy")
        try await CopySample.make(at: path("source"))
    }

    private func path(_ name: String) -> String {
        folder.file(name + ".db").path(percentEncoded: false)
    }

    private func source() throws -> SQLiteCopySource {
        try SQLiteCopySource(path: path("source"), name: "sqlite:source")
    }

    private func mongo(_ store: MongoStore, _ name: String = "mongodb://test") -> MongoCopySide {
        MongoCopySide(store, name: name, process: "test", logger: EngineServer.silent)
    }

    /// - Parameter rows: how many there are in a batch; few ones make many moments to be cut off at.
    private func copy(
        _ source: any CopySource, _ target: any CopyTarget, rows: Int = 16, check: @escaping StoreCopy.Check = { [] }
    ) -> StoreCopy {
        var batch = StoreCopy.Batch()
        batch.rows = rows
        return StoreCopy(from: source, to: target, batch: batch, check: check)
    }

    private func digests(_ store: any CopySource) async throws -> [String: RowDigest] {
        let copy = try StoreCopy(from: store, to: SQLiteCopyTarget(path: path("unused"), name: "unused"))
        var digests: [String: RowDigest] = [:]
        for table in StoreTables.all { digests[table.name] = try await copy.digest(of: table, in: store) }
        return digests
    }

    @Test("From SQLite to MongoDB and back everything is the same", arguments: EngineServer.allCases)
    func roundTrip(server: EngineServer) async throws {
        try await server.withStore { store in
            let source = try source()
            let before = try await digests(source)
            #expect(before.values.allSatisfy { $0.count > 0 }, "the sample has rows in every table")
            let rows = before.values.reduce(0) { $0 + $1.count }
            #expect(try await copy(source, mongo(store)).run() == .finished(rows: rows))
            try await MongoSchema(store, name: "server", logger: EngineServer.silent).prepare()
            #expect(try await digests(mongo(store)) == before)

            let target = try SQLiteCopyTarget(path: path("target"), name: "sqlite:target")
            #expect(try await copy(mongo(store), target).run() == .finished(rows: rows))
            try target.close()
            #expect(try await digests(SQLiteCopySource(path: path("target"), name: "sqlite:target")) == before)
            try SQLiteStore.open(path: path("target"), logger: EngineServer.silent).close()

            // Child tables are told by their parents' digests; the position of their rows is made anew.
            for table in ["service_periods", "service_exceptions", "bus_stops"] {
                let (one, other) = (try all(table, "source"), try all(table, "target"))
                #expect(one == other && !one.isEmpty)
            }
        }
    }

    private func all(_ table: String, _ name: String) throws -> [Row] {
        try DatabaseQueue(path: path(name)).read { db in try Row.fetchAll(db, sql: "SELECT * FROM \(table) ORDER BY 1, 2") }
    }

    @Test("A copy that is cut off again and again comes to the same", arguments: [1, 2, 3])
    func interruptions(seed: UInt64) async throws {
        try await EngineServer.standalone.withStore { store in
            let source = try source()
            let before = try await digests(source)
            let there = Cutting(mongo(store), SeededRandom(seed: seed))
            #expect(try await untilFinished { try await copy(source, there, rows: 5).run() } > 3)
            #expect(try await digests(mongo(store)) == before)

            let back = Cutting(
                try SQLiteCopyTarget(path: path("target"), name: "sqlite:target"), SeededRandom(seed: seed + 100)
            )
            #expect(try await untilFinished { try await copy(mongo(store), back, rows: 5).run() } > 3)
            #expect(try await digests(back) == before)
        }
    }

    /// - Returns: how often it was cut off.
    private func untilFinished(_ run: () async throws -> StoreCopy.Outcome) async throws -> Int {
        for count in 0..<500 {
            do {
                guard case .finished = try await run() else { throw Cut() }
                return count
            } catch is Cut {}
        }
        throw Cut()
    }

    @Test("Until it is finished no server works with the target")
    func unfinished() async throws {
        try await EngineServer.standalone.withStore { store in
            let source = try source()
            let (there, target) = (mongo(store), try SQLiteCopyTarget(path: path("target"), name: "sqlite:target"))
            let schema = MongoSchema(store, name: "server", logger: EngineServer.silent)
            let found: StoreCopy.Check = { ["a finding"] }
            #expect(try await copy(source, there, check: found).run() == .differs(["a finding"]))
            await #expect(throws: MongoSchemaError.unfinishedCopy) { try await schema.prepare() }
            await #expect(throws: MongoSchemaError.unfinishedCopy) { _ = try await schema.initialise() }
            await #expect(throws: MongoSchemaError.unfinishedCopy) { try await MongoSchema.check(store) }

            #expect(try await copy(source, target, check: found).run() == .differs(["a finding"]))
            #expect(throws: SQLiteStoreError.self) {
                try SQLiteStore.open(path: path("target"), logger: EngineServer.silent).close()
            }
            #expect(throws: SQLiteCopyError.unfinished) { try SQLiteCopySource(path: path("target"), name: "again") }

            for side in [there, target] as [any CopyTarget] {
                guard case .finished = try await copy(source, side).run() else {
                    Issue.record("not finished")
                    continue
                }
                guard case .finishedBefore = try await copy(source, side).run() else {
                    Issue.record("not finished before")
                    continue
                }
                await #expect(throws: CopyError.notUnfinished) { _ = try await copy(source, side).run(restarting: true) }
                await #expect(throws: CopyError.notUnfinished) { try await side.clear() }
                let other = try SQLiteCopySource(path: path("source"), name: "sqlite:other")
                await #expect(throws: CopyError.finishedCopy(of: "sqlite:source")) { _ = try await copy(other, side).run() }
            }
            try await schema.prepare()
            try await MongoSchema.check(store)
            try SQLiteStore.open(path: path("target"), logger: EngineServer.silent).close()
        }
    }

    @Test("What is changed in the target is found, and copied again with a restart")
    func changedRow() async throws {
        try await EngineServer.standalone.withStore { store in
            let source = try source()
            let (there, target) = (mongo(store), try SQLiteCopyTarget(path: path("target"), name: "sqlite:target"))
            for side in [there, target] as [any CopyTarget] {
                _ = try await copy(source, side, check: { ["not yet"] }).run()
            }
            try await store.outsideTransactions { session in
                try session.update("stops", ["_id": "s_1"], ["$set": ["name": "Gates"]])
                try session.delete("journal", ["id": "j_3"])
                try session.update("services", ["_id": "v_daily"], ["$set": ["periods.1.days": 1]])
            }
            try await DatabaseQueue(path: path("target")).write { db in
                try db.execute(sql: "UPDATE stops SET name = 'Gates' WHERE id = 's_1'")
                try db.execute(sql: "DELETE FROM devices WHERE account = 'a_3'")
                try db.execute(sql: "UPDATE service_periods SET days = 1 WHERE position = 1")
            }
            for (side, tables) in [(there, ["stops", "services", "journal"]), (target, ["devices", "stops", "services"])]
                as [(any CopyTarget, [String])]
            {
                guard case .differs(let findings) = try await copy(source, side).run() else {
                    Issue.record("the change was not found")
                    continue
                }
                #expect(findings.map { String($0.prefix { $0 != ":" }) } == tables)
                guard case .finished = try await copy(source, side).run(restarting: true) else {
                    Issue.record("not finished")
                    continue
                }
                #expect(try await digests(side) == digests(source))
            }
        }
    }

    @Test("What is written to the source meanwhile is found")
    func changedSource() async throws {
        try await EngineServer.standalone.withStore { store in
            _ = try await copy(source(), mongo(store)).run()
            let target = try SQLiteCopyTarget(path: path("target"), name: "sqlite:target")
            let late: StoreCopy.Check = {
                _ = try await store.outsideTransactions { try $0.delete("devices", ["account": "a_5"]) }
                return ["not yet"]
            }
            _ = try await copy(mongo(store), target, check: late).run()
            guard case .differs(let findings) = try await copy(mongo(store), target).run() else {
                Issue.record("the change was not found")
                return
            }
            #expect(findings.count == 1 && findings[0].contains("the source has changed since, for it had 24 rows"))
        }
    }

    @Test("A target that holds data is left alone")
    func notEmpty() async throws {
        try await EngineServer.standalone.withStore { store in
            let schema = MongoSchema(store, name: "server", logger: EngineServer.silent)
            try await schema.prepare()
            try await store.outsideTransactions { try $0.insert("routes", ["_id": "r", "name": "Line"]) }
            await #expect(throws: CopyError.notEmpty(table: "routes")) { _ = try await copy(source(), mongo(store)).run() }
            try await schema.prepare()

            try await CopySample.make(at: path("target"), riders: 1)
            let target = try SQLiteCopyTarget(path: path("target"), name: "sqlite:target")
            await #expect(throws: CopyError.notEmpty(table: "idempotency")) { _ = try await copy(source(), target).run() }
            try SQLiteStore.open(path: path("target"), logger: EngineServer.silent).close()
        }
    }

    @Test("Collections that were made before, and are empty, may be filled")
    func prepared() async throws {
        try await EngineServer.standalone.withStore { store in
            try await MongoSchema(store, name: "init", logger: EngineServer.silent).prepare()
            guard case .finished = try await copy(source(), mongo(store)).run() else {
                Issue.record("not finished")
                return
            }
        }
    }

    @Test("An unfinished copy of another source is not gone on with, but may be thrown away")
    func otherSource() async throws {
        try await EngineServer.standalone.withStore { store in
            let (there, target) = (mongo(store), try SQLiteCopyTarget(path: path("target"), name: "sqlite:target"))
            let other = try SQLiteCopySource(path: path("source"), name: "sqlite:other")
            for side in [there, target] as [any CopyTarget] {
                _ = try await copy(other, side, check: { ["not yet"] }).run()
                await #expect(throws: CopyError.otherSource("sqlite:other")) { _ = try await copy(source(), side).run() }
                guard case .finished = try await copy(source(), side).run(restarting: true) else {
                    Issue.record("not finished")
                    continue
                }
            }
        }
    }

    @Test("A field that no column has is not dropped on the way")
    func unknownField() throws {
        let table = try #require(StoreTables.all.first { $0.name == "routes" })
        #expect(throws: CopyError.unknownField(table: "routes", field: "colour")) {
            try table.row(of: ["_id": "r", "name": "Line", "colour": "red"])
        }
        #expect(throws: CopyError.unreadable(table: "routes", column: "name")) {
            try table.row(of: ["_id": "r", "name": 5])
        }
        #expect(throws: CopyError.unreadable(table: "routes", column: "name")) { try table.row(of: ["_id": "r"]) }
        #expect(try table.row(of: ["_id": "r", "name": "Line"]).values == [.text("r"), .text("Line"), .null])
    }

    @Test("A source that is not there, or of another version, is refused")
    func noSource() throws {
        #expect(throws: CopyError.noDatabase(path("none"))) { try SQLiteCopySource(path: path("none"), name: "none") }
        try DatabaseQueue(path: path("source")).write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('2099-01')")
        }
        #expect(throws: CopyError.otherSchema("sqlite:source")) { try source() }
    }
}

/// The copy was cut off.
private struct Cut: Error {}

/// A target that cuts the copy off now and then: before a batch, or after it has been written.
private struct Cutting: CopyTarget {
    private let base: any CopyTarget
    private let random: SeededRandom

    init(_ base: any CopyTarget, _ random: SeededRandom) {
        self.base = base
        self.random = random
    }

    private func mayCut() throws {
        if random.next() % 12 == 0 { throw Cut() }
    }

    var name: String { base.name }

    func count(of table: StoreTable) async throws -> Int { try await base.count(of: table) }

    func page(of table: StoreTable, after place: [StoreValue]?, limit: Int) async throws -> CopyPage {
        try await base.page(of: table, after: place, limit: limit)
    }

    func progress() async throws -> CopyProgress? { try await base.progress() }

    func begin(_ progress: CopyProgress) async throws {
        try mayCut()
        try await base.begin(progress)
        try mayCut()
    }

    func append(
        _ rows: [StoreRow], to table: StoreTable, after previous: CopyProgress, next: CopyProgress
    ) async throws {
        try mayCut()
        try await base.append(rows, to: table, after: previous, next: next)
        try mayCut()
        // As where an answer was lost: the same once more.
        if random.next() % 4 == 0 { try await base.append(rows, to: table, after: previous, next: next) }
    }

    func finish(after previous: CopyProgress, next: CopyProgress) async throws {
        try mayCut()
        try await base.finish(after: previous, next: next)
    }

    func clear() async throws { try await base.clear() }
}

import CommandBus
import Foundation
import GRDB
import Storage
import Support
import Synchronization
import Testing

private struct Fault: Error {}

@Suite("The embedded store", .enabled(if: TestEngine.isSQLite))
struct SQLiteStoreTests {
    private let fixture: StoreFixture
    private let store: SQLiteStore
    private let raw: RawDatabase

    init() async throws {
        fixture = try await StoreFixture("sqlite")
        store = try #require(fixture.store.sqlite)
        raw = try RawDatabase(path: fixture.path)
    }

    /// Keeps something under a name, and then does what the test wants of it.
    private static func unit(
        _ name: String, then: @escaping @Sendable () throws -> Int = { 0 },
        refused: @escaping @Sendable (Problem, SQLiteTransaction) throws -> Int = { problem, _ in throw problem },
        committed: @escaping @Sendable (inout Int) -> Void = { _ in }
    ) -> TransactionUnit<SQLiteTransaction, Int> {
        TransactionUnit(
            perform: { tx in
                try tx.set(name, Data("1".utf8))
                return try then()
            },
            refused: refused, committed: committed
        )
    }

    private func names() throws -> [String] { try raw.texts("SELECT name FROM settings ORDER BY name") }

    @Test("A commit is durable: write-ahead log, and synchronous=FULL where it is written")
    func durability() async throws {
        let (journal, synchronous, foreignKeys) = try await store.transact(
            TransactionUnit { tx in
                (
                    try String.fetchOne(tx.db, sql: "PRAGMA journal_mode"),
                    try Int.fetchOne(tx.db, sql: "PRAGMA synchronous"),
                    try Int.fetchOne(tx.db, sql: "PRAGMA foreign_keys")
                )
            }
        )
        #expect(journal == "wal")
        #expect(synchronous == 2)
        #expect(foreignKeys == 1)
    }

    @Test("What is deleted is overwritten in the file")
    func secureDelete() async throws {
        let isOn = try await store.transact(
            TransactionUnit { tx in try Int.fetchOne(tx.db, sql: "PRAGMA secure_delete") }
        )
        #expect(isOn == 1)
    }

    @Test("What was committed is there for the next reader, and after the next start")
    func committed() async throws {
        #expect(try await store.transact(Self.unit("a") { 7 }) == 7)
        #expect(try await store.read { try $0.setting("a") } == Data("1".utf8))
        try store.close()
        let next = try await fixture.reopened()
        #expect(try await next.read { try $0.setting("a") } == Data("1".utf8))
        try next.close()
    }

    @Test("A refusal and a fault undo their own work only")
    func undone() async throws {
        let store = store
        let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
            for number in 0..<60 {
                group.addTask {
                    let unit = Self.unit("unit \(100 + number)") {
                        switch number % 3 {
                        case 0: return number
                        case 1: throw Problem.notFound("luck")
                        default: throw Fault()
                        }
                    }
                    return (number, (try? await store.transact(unit)) == number)
                }
            }
            return await group.reduce(into: [Int: Bool]()) { $0[$1.0] = $1.1 }
        }
        #expect(outcomes.filter(\.value).keys.sorted() == Array(stride(from: 0, to: 60, by: 3)))
        #expect(try names() == stride(from: 0, to: 60, by: 3).map { "unit \(100 + $0)" })
    }

    @Test("What is thrown arrives as it was thrown")
    func thrown() async throws {
        await #expect(throws: Problem.notFound("luck")) {
            try await store.transact(Self.unit("a") { throw Problem.notFound("luck") })
        }
        await #expect(throws: Fault.self) { try await store.transact(Self.unit("a") { throw Fault() }) }
        await #expect(throws: Fault.self) { try await store.read { _ in throw Fault() } }
        await #expect(throws: Problem.notFound("luck")) { try await store.read { _ in throw Problem.notFound("luck") } }
    }

    @Test("What is kept of a refusal is kept, though the refused work is undone")
    func keptRefusal() async throws {
        let value = try await store.transact(
            Self.unit(
                "work", then: { throw Problem.notFound("luck") },
                refused: { problem, tx in
                    try tx.set("refusal", Data(problem.code.name.utf8))
                    return 9
                }
            )
        )
        #expect(value == 9)
        #expect(try names() == ["refusal"])
    }

    @Test("A fault is not kept, nor a refusal that can't be")
    func unkeptRefusal() async throws {
        await #expect(throws: Fault.self) {
            try await store.transact(Self.unit("work", then: { throw Fault() }, refused: { _, _ in 9 }))
        }
        await #expect(throws: Fault.self) {
            try await store.transact(
                Self.unit(
                    "work", then: { throw Problem.notFound("luck") },
                    refused: { _, tx in
                        try tx.set("refusal", Data())
                        throw Fault()
                    }
                )
            )
        }
        #expect(try names() == [])
    }

    @Test("A unit is told of its commit once, and of a refusal never")
    func committedOnce() async throws {
        let told = Mutex<[Int]>([])
        let note: @Sendable (inout Int) -> Void = { value in
            told.withLock { $0.append(value) }
            value += 100
        }
        #expect(try await store.transact(Self.unit("a", then: { 1 }, committed: note)) == 101)
        _ = try? await store.transact(Self.unit("b", then: { throw Problem.notFound("luck") }, committed: note))
        _ = try? await store.transact(Self.unit("c", then: { throw Fault() }, committed: note))
        #expect(told.withLock { $0 } == [1])
    }

    @Test("A thousand units at once: each is done once, in one order for all")
    func thousand() async throws {
        let store = store
        let order = Order()
        let results = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<1000 {
                group.addTask {
                    try await store.transact(
                        TransactionUnit(
                            perform: { tx in
                                let before =
                                    try tx.setting("count").map { try WireJSON.decode([Int].self, from: $0) }?.first ?? 0
                                try tx.set("count", WireJSON.encode([before + 1]))
                                return before + 1
                            },
                            committed: { value in
                                order.add(value)
                            }
                        )
                    )
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.sorted() == Array(1...1000))
        #expect(order.all == Array(1...1000), "commits are told in their order")
        #expect(try raw.text("SELECT CAST(value AS TEXT) FROM settings WHERE name = 'count'") == "[1000]")
    }

    /// A foreign key that is checked at the commit only, and does not hold there, makes the commit itself fail.
    private static func poison(_ name: String) -> TransactionUnit<SQLiteTransaction, Int> {
        unit(name).poisoned
    }

    @Test("Where the commit fails its units are told that the store is unavailable, and nothing of them remains")
    func failedCommit() async throws {
        let store = store
        await #expect(throws: Problem.storeUnavailable) { try await store.transact(Self.poison("alone")) }
        #expect(try names() == [])
        let told = Order()
        let outcomes = await withTaskGroup(of: (String, Bool).self) { group in
            for number in 0..<200 {
                group.addTask {
                    let name = "unit \(1000 + number)"
                    let note: @Sendable (inout Int) -> Void = { _ in told.add(1000 + number) }
                    let unit =
                        number % 20 == 7 ? Self.unit(name, committed: note).poisoned : Self.unit(name, committed: note)
                    do {
                        _ = try await store.transact(unit)
                        return (name, true)
                    } catch {
                        #expect(error as? Problem == .storeUnavailable)
                        return (name, false)
                    }
                }
            }
            return await group.reduce(into: [String: Bool]()) { $0[$1.0] = $1.1 }
        }
        // What was acknowledged is there, what was not is not, and nobody else was told of a commit.
        let kept = outcomes.filter(\.value).keys.sorted()
        #expect(try names() == kept)
        #expect(told.all.sorted().map { "unit \($0)" } == kept)
        #expect(outcomes.count == 200)
        #expect(outcomes["unit 1007"] == false)
        #expect(try await store.transact(Self.unit("afterwards") { 1 }) == 1)
        #expect(try raw.integer("SELECT count(*) FROM bookings") == 0)
    }

    @Test("A snapshot does not change while it is read")
    func snapshot() async throws {
        let (store, raw) = (store, raw)
        _ = try await store.transact(Self.unit("a"))
        let counts = try await store.read { snapshot in
            let before = try Int.fetchOne(snapshot.db, sql: "SELECT count(*) FROM settings")
            try raw.execute("INSERT INTO settings (name, value) VALUES ('b', x'31')")
            return (before, try Int.fetchOne(snapshot.db, sql: "SELECT count(*) FROM settings"))
        }
        #expect(counts.0 == 1 && counts.1 == 1)
        #expect(try names() == ["a", "b"])
    }

    @Test("A snapshot can't write")
    func readOnly() async {
        await #expect(throws: (any Error).self) {
            try await store.read { try $0.db.execute(sql: "DELETE FROM settings") }
        }
    }

    @Test("A file that a newer Farebus made is not touched")
    func newerSchema() async throws {
        try store.close()
        try raw.execute("INSERT INTO grdb_migrations (identifier) VALUES ('9999')")
        await #expect(throws: SQLiteStoreError.newerSchema) { _ = try await fixture.reopened() }
    }

    @Test("What is no database is refused")
    func noDatabase() throws {
        let file = fixture.folder.file("text.db")
        try Data(String(repeating: "This is no database. ", count: 100).utf8).write(to: file)
        #expect(throws: DatabaseError.self) { _ = try SQLiteStore.open(path: file.path(percentEncoded: false)) }
        #expect(throws: (any Error).self) { _ = try SQLiteStore.open(path: fixture.path + "/no/such/folder.db") }
    }
}

extension TransactionUnit where Transaction == SQLiteTransaction, Value == Int {
    /// The same work, and a row that no commit accepts.
    fileprivate var poisoned: Self {
        TransactionUnit(
            perform: { tx in
                let value = try perform(tx)
                try tx.db.execute(sql: "PRAGMA defer_foreign_keys = ON")
                try tx.db.execute(
                    sql: """
                        INSERT INTO bookings (
                            id, departure, rider, state, fare, currency, cutoff_minutes, refund_percent, booked_at
                        ) VALUES (hex(randomblob(8)), 'd_none', 'a_none' || hex(randomblob(8)), 'booked', 0, 'INR', 0, 0, 0)
                        """
                )
                return value
            },
            refused: refused, committed: committed
        )
    }
}

/// Notes numbers in the order in which they come.
private final class Order: Sendable {
    private let kept = Mutex<[Int]>([])
    var all: [Int] { kept.withLock { $0 } }
    func add(_ number: Int) { kept.withLock { $0.append(number) } }
}

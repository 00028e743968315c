import Foundation
import Logging
import Support
import Synchronization

@testable import Storage

/// A MongoDB for the tests of the engine: the one that `MONGODB_URI` names, else one that the tests start.
///
/// What it is asked for is a database of each test's own.
enum EngineServer: String, CaseIterable, Sendable {
    /// Says that it stands alone, so that snapshots are transactions.
    case standalone
    /// Says that it is a member of a set, so that the server holds the snapshots.
    case replicaSet

    /// A server takes a moment to start; all the tests of a run share it.
    private static let started = Mutex<[EngineServer: Task<MongoServer, any Error>]>([:])

    /// - Parameter relay: a port to go through instead of the server's own.
    func uri(database: String = "t" + UUID().uuidString.prefix(13), relay: Int? = nil) async throws -> String {
        if relay == nil, let given = MongoServer.given { return MongoServer.uri(given, database: database) }
        let port = if let relay { relay } else { try await port() }
        let set = self == .replicaSet && relay == nil ? "?replicaSet=rs0" : "?directConnection=true"
        return "mongodb://127.0.0.1:\(port)/\(database)\(set)"
    }

    func port() async throws -> Int {
        let task = Self.started.withLock { started in
            if let task = started[self] { return task }
            let task = Task { try await MongoServer.start(self == .replicaSet ? ["--replica-set", "rs0"] : []) }
            started[self] = task
            return task
        }
        return try await task.value.port
    }

    /// Opens a store on a database of its own, and closes it afterwards.
    func withStore<Value: Sendable>(
        relay: Int? = nil, _ change: (inout MongoOptions) -> Void = { _ in },
        _ body: (MongoStore) async throws -> Value
    ) async throws -> Value {
        var options = MongoOptions(uri: try await uri(relay: relay))
        change(&options)
        let store = try MongoStore.open(options, random: SeededRandom(seed: 1), logger: Self.silent)
        let result: Result<Value, any Error>
        do { result = .success(try await body(store)) } catch { result = .failure(error) }
        Thread.detachNewThread { try? store.close() }
        return try result.get()
    }

    static let silent = StoreFixture.silent
}

/// Holds those that come until there are enough of them; then it is open for good.
///
/// `@unchecked Sendable`: the mutable state is only touched while `condition` is locked.
final class Meeting: @unchecked Sendable {
    private let condition = NSCondition()
    private var missing: Int

    init(of count: Int) {
        missing = count
    }

    struct NobodyCame: Error {}

    /// Blocks its thread, which must be the store's.
    func join(seconds: Double = 10) throws {
        condition.lock()
        defer { condition.unlock() }
        missing -= 1
        if missing <= 0 { condition.broadcast() }
        let end = Date(timeIntervalSinceNow: seconds)
        while missing > 0 {
            guard condition.wait(until: end) else { throw NobodyCame() }
        }
    }
}

/// Notes what happened, from any thread.
final class Notes<Note: Sendable>: Sendable {
    private let notes = Mutex<[Note]>([])

    var all: [Note] { notes.withLock { $0 } }

    /// - Returns: how many there are now.
    @discardableResult
    func add(_ note: Note) -> Int {
        notes.withLock { notes in
            notes.append(note)
            return notes.count
        }
    }
}

import Dispatch
import Foundation
import Storage

/// Where a store is that nobody else has: a file, or a database of the run's MongoDB.
package struct StorePlace: Sendable {
    private enum Kind {
        case file(String)
        case database(uri: String)
    }

    private let kind: Kind

    /// How many units and reads a store has threads for at once, on MongoDB.
    package static let threads = 4

    /// - Parameters:
    ///   - file: where it is on SQLite; its folder must exist.
    ///   - name: what it is for.
    ///   - server: which MongoDB it is on; nil for that of the run.
    package init(file: String, _ name: String, on server: MongoServer? = nil) async throws {
        switch TestEngine.current {
        case .sqlite: kind = .file(file)
        case .mongodb: kind = .database(uri: try await MongoServer.ownDatabase(name, on: server))
        }
    }

    /// Where a process finds it that has a data folder for the file.
    package var environment: [String: String] {
        switch kind {
        case .file: [:]
        case .database(let uri): ["MONGODB_URI": uri]
        }
    }

    /// Opens it; the collections are made, if need be.
    package func open() async throws -> SuiteStore {
        switch kind {
        case .file(let path): return SuiteStore(.sqlite(try SQLiteStore.open(path: path, logger: StoreFixture.silent)))
        case .database(let uri):
            let store = try Self.mongo(uri, threads: Self.threads)
            try await MongoSchema(store, name: "test", logger: StoreFixture.silent).prepare()
            return SuiteStore(.mongoDB(store))
        }
    }

    /// What is kept, behind the store's back. On SQLite the file must be there.
    package func kept() throws -> KeptData {
        switch kind {
        case .file(let path): KeptData(SQLiteKeptData(raw: try RawDatabase(path: path)))
        case .database(let uri): KeptData(MongoKeptData(store: try Self.mongo(uri, threads: 1)))
        }
    }

    /// Closes stores, and removes what would outlive the test; later, where that takes time.
    ///
    /// - Parameter folder: with the file, and kept until then.
    package func finish(_ stores: [SuiteStore], _ kept: KeptData? = nil, in folder: TemporaryFolder) {
        let close: @Sendable () -> Void = {
            watch(kept)
            kept?.close()
            for store in stores { try? store.close() }
            remove()
            withExtendedLifetime(folder) {}
        }
        // The last reference may go on a thread of the store itself, which can't wait for its own end.
        if TestEngine.isMongoDB || SecretWatch.isOn || Thread.current.name?.hasPrefix("farebus.") == true {
            Thread.detachNewThread(close)
        } else {
            close()
        }
    }

    /// Notes for ``SecretWatch`` what is kept. Blocks its thread, which must not be one that others wait for.
    package func watch(_ kept: KeptData? = nil) {
        guard SecretWatch.isOn else { return }
        if let kept { return SecretWatch.note(kept) }
        if case .file(let path) = kind, !FileManager.default.fileExists(atPath: path) { return }
        guard let kept = try? self.kept() else { return }
        SecretWatch.note(kept)
        kept.close()
    }

    /// Removes what would outlive the test. Blocks its thread, which must not be one that others wait for.
    package func remove() {
        guard case .database(let uri) = kind, let store = try? Self.mongo(uri, threads: 1) else { return }
        let isDone = DispatchSemaphore(value: 0)
        Task.detached {
            try? await MongoKeptData(store: store).drop()
            isDone.signal()
        }
        isDone.wait()
        try? store.close()
    }

    /// A machine that runs all tests at once is slow, and no test is about that.
    private static func mongo(_ uri: String, threads: Int) throws -> MongoStore {
        var options = MongoOptions(uri: uri)
        options.threads = threads
        options.deadline = 30
        return try MongoStore.open(options, logger: StoreFixture.silent)
    }
}

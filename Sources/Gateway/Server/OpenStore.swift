import CommandBus
import Foundation
import Logging
import Storage

/// What is done with a store, whichever engine it is on.
protocol StoreUser {
    associatedtype Outcome

    func use<Store: FarebusStore>(_ store: Store) async throws -> Outcome
}

/// Opens the store of a configuration.
enum OpenStore {
    /// Runs `user` on the store, and closes it whatever comes of it.
    ///
    /// - Parameters:
    ///   - mustExist: whether an embedded store that is not there yet is refused rather than made.
    ///   - name: names this process where several work on one store.
    static func run<User: StoreUser>(
        _ user: User, configuration: ServerConfiguration, mustExist: Bool = false, name: String, logger: Logger
    ) async throws -> User.Outcome {
        if configuration.mongoDB.uri.isEmpty {
            let folder = DataFolder(path: configuration.data)
            if mustExist, !FileManager.default.fileExists(atPath: folder.database) {
                throw Refusal("There is no database at \(folder.database).")
            }
            try folder.create()
            return try await closing(SQLiteStore.open(path: folder.database), user)
        }
        var options = MongoOptions(uri: configuration.mongoDB.uri)
        options.threads = configuration.mongoDB.threads
        options.reportReadPreference = configuration.mongoDB.reportReadPreference
        let store = try MongoStore.open(options, logger: logger)
        return try await closing(store, user) {
            try await store.probe()
            try await MongoSchema(store, name: name, logger: logger).prepare()
        }
    }

    private static func closing<User: StoreUser, Store: FarebusStore>(
        _ store: Store, _ user: User, preparing: () async throws -> Void = {}
    ) async throws -> User.Outcome {
        let result: Result<User.Outcome, any Error>
        do {
            try await preparing()
            result = .success(try await user.use(store))
        } catch {
            result = .failure(error)
        }
        // Closing waits for what is under way, and so must not be done on a thread that others wait for.
        try await OffPool.run { try store.close() }
        return try result.get()
    }
}

package import Foundation

/// What a server works on, or several after one another: a data folder; and on MongoDB a database and a Redis, too.
package final class ServerPlace: Sendable {
    package let folder: TemporaryFolder
    private let store: StorePlace
    /// What instances have in common beside the store; nil where an instance is alone.
    package let redis: RedisServer?
    /// A MongoDB that nobody else uses, and that may be stopped; nil where it is that of the run, or none.
    package let mongo: MongoServer?
    /// Whose store and Redis these are; nil where they are this one's own.
    private let owner: ServerPlace?

    /// - Parameters:
    ///   - name: names the folder.
    ///   - hasOwnMongo: whether it has a MongoDB of its own, where it has one at all.
    package init(_ name: String, hasOwnMongo: Bool = false) async throws {
        folder = try TemporaryFolder(name)
        mongo = hasOwnMongo && TestEngine.isMongoDB ? try await MongoServer.start(MongoServer.forgetful) : nil
        store = try await StorePlace(file: folder.file("farebus.db").path(percentEncoded: false), name, on: mongo)
        redis = TestEngine.isMongoDB ? try await RedisServer.start() : nil
        owner = nil
    }

    /// Beside another instance, on its store and its Redis, with a folder of its own.
    package init(_ name: String, beside owner: ServerPlace) throws {
        folder = try TemporaryFolder(name)
        (mongo, store, redis) = (owner.mongo, owner.store, owner.redis)
        self.owner = owner
    }

    deinit {
        let (folder, store, redis, mongo) = (folder, store, redis, mongo)
        guard owner == nil else { return }
        guard let redis else {
            guard SecretWatch.isOn else { return }
            return Thread.detachNewThread {
                store.watch()
                withExtendedLifetime(folder) {}
            }
        }
        Task {
            await redis.stop()
            if let mongo { return await mongo.stop() }
            Thread.detachNewThread {
                store.watch()
                store.remove()
                withExtendedLifetime(folder) {}
            }
        }
    }

    /// The data folder.
    package var data: URL { folder.url }

    /// What tells a server, or a command of the operator's, where everything is.
    package var environment: [String: String] {
        var environment = store.environment
        environment["REDIS_URL"] = redis?.url
        return environment
    }

    /// What is kept, behind the server's back, once a server has been there. Whoever asks closes it.
    package func kept() throws -> KeptData {
        try store.kept()
    }

    /// Runs a command of the operator's here.
    package func run(
        _ arguments: [String], environment: [String: String] = [:], seconds: Double = 60
    ) async throws -> (exit: ChildProcess.Exit, output: String, errors: String) {
        try await FarebusBinary.run(
            arguments + ["--data", data.path(percentEncoded: false)],
            environment: self.environment.merging(environment) { $1 }, seconds: seconds
        )
    }
}

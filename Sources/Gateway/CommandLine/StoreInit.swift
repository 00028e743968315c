import ArgumentParser
import Storage

/// `farebus store init`: makes the collections of MongoDB, or brings them up to this version.
struct StoreInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Makes the collections and indexes in MongoDB, or brings them up to this version.",
        discussion: """
            A server does this itself in an empty database. It is needed where one has begun and was cut off, and after an \
            update that changes the collections: then stop all servers and make a backup first. It may be run again at any \
            time.
            """
    )

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let uri = try shared.load().mongoDB.uri
        guard !uri.isEmpty else {
            throw Refusal("No MongoDB is configured (MONGODB_URI). The embedded store needs no preparation.")
        }
        let store = try await StoreAddress.open(uri)
        let isChanged = try await MongoSchema(store, name: StoreAddress.process(), logger: StoreAddress.logger)
            .initialise()
        let name = StoreAddress.mongoDB(uri: uri).name
        print(isChanged ? "\(name) is ready, at version \(MongoSchema.version)." : "\(name) was ready: nothing was done.")
        try await OffPool.run { try store.close() }
    }
}

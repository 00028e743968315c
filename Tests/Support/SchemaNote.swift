import Foundation
import Storage

/// What a database of MongoDB says about its own collections, changed behind everybody's back.
package enum SchemaNote {
    /// - Parameters:
    ///   - version: what version the collections are made out to be of; nil leaves it.
    ///   - isReady: whether they are made out to be all there; nil leaves it.
    package static func change(at place: ServerPlace, version: Int? = nil, isReady: Bool? = nil) async throws {
        guard let uri = place.environment["MONGODB_URI"] else { return }
        var fields = BSONDocument()
        if let version { fields["version"] = .int(Int64(version)) }
        if let isReady { fields["state"] = .string(isReady ? "ready" : "initialising") }
        let statement: BSONDocument = ["q": ["_id": "schema"], "u": ["$set": .document(fields)]]
        let store = try MongoStore.open(MongoOptions(uri: uri), logger: StoreFixture.silent)
        defer { Thread.detachNewThread { try? store.close() } }
        let reply = try await store.command(["update": "farebus_schema", "updates": BSONValue([statement])])
        guard try reply.int("n") == 1 else { throw NoNote(reply: "\(reply)") }
    }

    private struct NoNote: Error {
        let reply: String
    }
}

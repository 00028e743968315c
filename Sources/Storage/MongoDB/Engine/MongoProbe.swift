/// Tries whether a deployment has transactions. What it says of itself is not enough: a standalone server takes the
/// options of a transaction and refuses the first write, and other engines may take both and keep what was aborted.
struct MongoProbe {
    static let collection = "probes"

    /// Names this probe's document.
    let id: String

    /// How often it is tried: a server that is busy, or is just changing its part in the set, is no reason.
    private static let attempts = 5

    /// - Throws: ``MongoStoreError``.
    func run(_ pool: MongoPool) throws {
        for attempt in 1... {
            do {
                return try pool.withClient(run)
            } catch let error as MongoError {
                let reason = MongoLibrary.withoutSecrets(error.message)
                if error.meansNoTransactions { throw MongoStoreError.noTransactions(reason) }
                let mayPass = [.conflict, .interrupted].contains(error.commitFault(wasUnknown: false))
                guard mayPass, attempt < Self.attempts else { throw MongoStoreError.unreachable(reason) }
            }
        }
    }

    private func run(_ client: MongoClient) throws {
        let plain = client.session()
        // Old servers make no collection inside a transaction. Where it exists, or can't be made, the insert says more.
        do { _ = try plain.command(["create": .string(Self.collection)]) } catch let error as MongoError
            where error.domain == .server
        {}
        let document: BSONDocument = ["_id": .string(id)]
        // What an earlier try left behind.
        try plain.delete(Self.collection, document)

        let aborted = try client.begin()
        try aborted.session.insert(Self.collection, document)
        guard try plain.findOne(Self.collection, document) == nil else { throw Self.refusal("a write was seen too early") }
        aborted.abort()
        guard try plain.findOne(Self.collection, document) == nil else { throw Self.refusal("an aborted write was kept") }

        let committed = try client.begin()
        try committed.session.insert(Self.collection, document)
        do {
            try committed.commit()
        } catch {
            committed.endOnServer()
            throw error
        }
        guard try plain.delete(Self.collection, document) == 1 else { throw Self.refusal("a committed write was lost") }
    }

    private static func refusal(_ reason: String) -> MongoStoreError { .noTransactions(reason) }
}

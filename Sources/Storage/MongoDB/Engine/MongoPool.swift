import CMongocShims
import Logging

/// libmongoc's clients of one deployment.
///
/// `@unchecked Sendable`: mongoc_client_pool_t is for any number of threads, and `handle` changes only in `close`, when
/// none of them is left.
///
/// - SeeAlso: https://mongoc.org/libmongoc/1.23.1/mongoc_client_pool_t.html
final class MongoPool: @unchecked Sendable {
    /// The database that the URI names.
    let database: String
    private var handle: OpaquePointer?

    /// Reads the URI; connects to nothing yet. Of a `mongodb+srv` URI it looks up the names, which blocks.
    ///
    /// - Parameter clients: how many may be in use at once.
    /// - Throws: ``MongoStoreError``, without libmongoc's text: that may hold a part of the password.
    init(_ options: MongoOptions, clients: Int, logger: Logger) throws {
        MongoLibrary.prepare(logger: logger)
        let settings = farebus_mongo_settings(
            max_clients: Int32(clamping: clients), connect_timeout_ms: Int32(clamping: options.connectTimeout),
            server_selection_timeout_ms: Int32(clamping: options.connectTimeout),
            socket_timeout_ms: Int32(clamping: options.socketTimeout),
            commit_timeout_ms: Int32(clamping: options.commitTimeout)
        )
        let answer = try MongoAnswer()
        guard !options.uri.utf8.contains(0) else { throw MongoStoreError.malformedURI }
        guard let handle = farebus_mongo_pool_new(options.uri, "farebus", settings, answer.handle) else {
            throw answer.error().isOfNames
                ? MongoStoreError.unreachable("the names of its servers can't be looked up") : .malformedURI
        }
        self.handle = handle
        database = farebus_mongo_pool_database(handle).map { String(cString: $0) } ?? "farebus"
        if let password = farebus_mongo_pool_password(handle) { MongoLibrary.keepSecret(String(cString: password)) }
    }

    deinit {
        close()
    }

    /// Closes the connections. Nobody may have a client, or ask for one any more. Blocks.
    func close() {
        guard let handle else { return }
        self.handle = nil
        farebus_mongo_pool_destroy(handle)
    }

    /// Runs `body` with a client of its own. Blocks while all are in use.
    func withClient<Value>(_ body: (MongoClient) throws -> Value) throws -> Value {
        guard let handle else { throw MongoStoreError.unreachable("the store was closed") }
        let answer = try MongoAnswer()
        let client = farebus_mongo_pool_pop(handle)
        defer { farebus_mongo_pool_push(handle, client) }
        return try body(MongoClient(pool: handle, handle: client, database: database, answer: answer))
    }
}

/// One client, while a job has it. It opens the sessions that the job's calls go through.
struct MongoClient {
    fileprivate let pool: OpaquePointer
    fileprivate let handle: OpaquePointer
    let database: String
    fileprivate let answer: MongoAnswer

    /// What the primary says of itself.
    ///
    /// - Throws: ``MongoError``.
    func hello() throws -> BSONDocument {
        guard farebus_mongo_hello(handle, answer.handle) else { throw answer.error() }
        return try answer.reply(source: "hello")
    }

    /// A session in which each call is for itself.
    func session() -> MongoSession {
        MongoSession(client: handle, scope: .none, database: database, answer: answer)
    }

    /// Runs `body` on a snapshot that the server holds.
    func withSnapshot<Value>(
        readPreference: MongoOptions.ReadPreference, _ body: (MongoSession) throws -> Value
    ) throws -> Value {
        guard let session = farebus_mongo_session_new(handle, true, answer.handle) else { throw answer.error() }
        defer { farebus_mongo_session_destroy(session) }
        return try body(
            MongoSession(
                client: handle, scope: .snapshot(session), database: database, readPreference: readPreference, answer: answer
            )
        )
    }

    /// Begins a transaction, in a session of its own.
    ///
    /// - Throws: ``MongoError``.
    func begin() throws -> MongoOpenTransaction {
        guard let session = farebus_mongo_session_new(handle, false, answer.handle) else { throw answer.error() }
        let transaction = MongoOpenTransaction(client: self, handle: session)
        guard farebus_mongo_begin(pool, session, answer.handle) else { throw answer.error() }
        return transaction
    }
}

/// A transaction between its begin and its end. What is neither committed nor aborted when it is released is aborted.
final class MongoOpenTransaction {
    let session: MongoSession
    private let client: MongoClient
    private let handle: OpaquePointer

    fileprivate init(client: MongoClient, handle: OpaquePointer) {
        self.client = client
        self.handle = handle
        session = MongoSession(
            client: client.handle, scope: .transaction(handle), database: client.database, answer: client.answer
        )
    }

    deinit {
        farebus_mongo_session_destroy(handle)
    }

    /// Commits; after an unknown outcome it may be called again, and asks what became of it.
    ///
    /// - Throws: ``MongoError``; see ``MongoError/commitFault(wasUnknown:)``.
    func commit() throws {
        guard farebus_mongo_commit(handle, client.answer.handle) else { throw client.answer.error() }
        // Acknowledged is what a majority has: a reply that says "done, but" is none.
        if let error = MongoAnswer.error(in: try client.answer.reply()) { throw error }
    }

    func abort() {
        farebus_mongo_abort(handle)
    }

    /// Has the server forget what it may still hold of a transaction whose commit it has refused.
    ///
    /// The session's id goes back to libmongoc's pool, and must not bring the remains along.
    func endOnServer() {
        farebus_mongo_end(client.handle, handle)
    }
}

import CMongocShims

/// What the last call came to; one for all the calls of a session.
final class MongoAnswer {
    let handle: OpaquePointer

    /// - Throws: ``BSONError/tooLarge`` where there is no memory.
    init() throws {
        guard let handle = farebus_mongo_answer_new() else { throw BSONError.tooLarge }
        self.handle = handle
    }

    deinit {
        farebus_mongo_answer_destroy(handle)
    }

    /// The server's reply; empty where there was none.
    func reply(source: String = "") throws -> BSONDocument {
        var length: UInt32 = 0
        guard let bytes = farebus_mongo_answer_reply(handle, &length) else { return BSONDocument() }
        return try BSONDocument(bytes: UnsafeBufferPointer(start: bytes, count: Int(length)), source: source)
    }

    /// The error of a call that failed.
    func error() -> MongoError {
        let domain = farebus_mongo_answer_domain(handle)
        // What the server says comes in the domain of the server, for errors of queries, commands and writes alike.
        let isServer = domain == farebus_mongo_domain_server()
        let reply = (try? reply()) ?? BSONDocument()
        let concern = try? reply.document("writeConcernError")
        return MongoError(
            domain: concern != nil || domain == farebus_mongo_domain_write_concern()
                ? .writeConcern : isServer ? .server : .driver(Int(domain)),
            code: Int(farebus_mongo_answer_code(handle)),
            message: String(cString: farebus_mongo_answer_message(handle)),
            labels: reply.labels + (concern?.labels ?? [])
        )
    }

    /// The error that stands inside a reply that says `ok`.
    static func error(in reply: BSONDocument) -> MongoError? {
        if let first = try? reply.documents("writeErrors").first {
            return MongoError(
                domain: .server, code: (try? first.int("code")) ?? 0, message: (try? first.text("errmsg")) ?? "",
                labels: reply.labels
            )
        }
        if let concern = try? reply.document("writeConcernError") {
            return MongoError(
                domain: .writeConcern, code: (try? concern.int("code")) ?? 0, message: (try? concern.text("errmsg")) ?? "",
                labels: reply.labels + concern.labels
            )
        }
        return nil
    }
}

extension BSONDocument {
    fileprivate var labels: [String] { (try? texts("errorLabels")) ?? [] }
}

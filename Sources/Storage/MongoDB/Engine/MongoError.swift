/// What the server or libmongoc answered in place of a result. For the log: no client ever sees its text.
package struct MongoError: Error, Equatable, CustomStringConvertible {
    /// Who says so.
    package enum Domain: Sendable, Equatable {
        /// The server refused; `code` is its own.
        case server
        /// The server did it, but can't promise that enough members have it; `code` is its own.
        case writeConcern
        /// libmongoc; `code` is of that domain of its own.
        ///
        /// - SeeAlso: https://mongoc.org/libmongoc/1.23.1/errors.html
        case driver(Int)
    }

    package let domain: Domain
    package let code: Int
    package let message: String
    package let labels: [String]

    package init(domain: Domain, code: Int, message: String, labels: [String] = []) {
        self.domain = domain
        self.code = code
        self.message = Self.withoutKey(message)
        self.labels = labels
    }

    /// The server quotes the key that is there already, and that may be somebody's address.
    private static func withoutKey(_ message: String) -> String {
        message.firstRange(of: " dup key:").map { String(message[..<$0.lowerBound]) } ?? message
    }

    package var description: String {
        let labels = labels.isEmpty ? "" : " [\(labels.joined(separator: ", "))]"
        return "\(domain) \(code): \(message)\(labels)"
    }
}

/// What keeps a MongoDB store from being used, in words for the operator.
package enum MongoStoreError: Error, Equatable, CustomStringConvertible {
    case malformedURI
    case unreachable(_ reason: String)
    case noTransactions(_ reason: String)

    package var description: String {
        switch self {
        case .malformedURI:
            """
            The MongoDB URI can't be read. It begins with mongodb:// or mongodb+srv://, and special characters of a user \
            name or password are percent-encoded.
            """
        case .unreachable(let reason): "MongoDB can't be reached: \(reason)"
        case .noTransactions(let reason):
            """
            This MongoDB has no transactions, which Farebus can't do without: run it as a replica set (one member is \
            enough) or a sharded cluster. It said: \(reason)
            """
        }
    }
}

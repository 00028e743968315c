import CMongocShims
import Logging
import Synchronization

/// libmongoc is prepared once in a process; it is never cleaned up, since its log outlives every store.
enum MongoLibrary {
    private struct Log {
        var logger = Logger(label: "farebus.mongo")
        var secrets: Set<String> = []
    }

    private static let log = Mutex(Log())

    private static let isPrepared: Bool = {
        // Before anything else: without it libmongoc writes to stderr.
        farebus_mongo_set_log { level, domain, message in
            MongoLibrary.note(level: level, domain: String(cString: domain), message: String(cString: message))
        }
        farebus_mongo_init()
        return true
    }()

    /// Prepares libmongoc if that has not been done.
    ///
    /// - Parameter logger: takes its log from now on; libmongoc has one for all its clients.
    static func prepare(logger: Logger) {
        log.withLock { $0.logger = logger }
        _ = isPrepared
    }

    /// Keeps a text out of the log from now on.
    static func keepSecret(_ secret: String) {
        guard !secret.isEmpty else { return }
        log.withLock { _ = $0.secrets.insert(secret) }
    }

    /// A text of libmongoc's without what must not be told.
    static func withoutSecrets(_ text: String) -> String {
        log.withLock { $0.secrets }.contains { text.contains($0) } ? "(a text that holds a secret)" : text
    }

    private static func note(level: Int32, domain: String, message: String) {
        let logger = log.withLock { $0.logger }
        let level: Logger.Level =
            switch level {
            // A server that has refused a statement has aborted the transaction itself, which libmongoc can't know.
            case 0...2 where message.hasPrefix("Error in abortTransaction"): .debug
            case 0...2: .warning
            case 3...4: .debug
            default: .trace
            }
        guard logger.logLevel <= level else { return }
        // What it says of a URI quotes it, while its password is not known yet.
        let text = domain == "uri" || domain == "mongoc-uri" ? "an option of the URI was not understood" : message
        logger.log(level: level, "MongoDB: \(withoutSecrets(text))", metadata: ["part": "\(domain)"])
    }
}

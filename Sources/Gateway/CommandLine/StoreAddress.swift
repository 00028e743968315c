import CommandBus
import Foundation
import Logging
import Storage

/// Where a store is, as an operator writes it.
enum StoreAddress: Equatable {
    /// A data folder, or a database file in one.
    case sqlite(path: String)
    case mongoDB(uri: String)

    /// - Parameters:
    ///   - text: `sqlite:PATH`, a connection string of MongoDB, or `mongodb` for the one that is configured, so that no
    ///     password need stand on a command line.
    ///   - configured: the connection string of the configuration; empty if there is none.
    init?(_ text: String, configured: String) {
        if text.hasPrefix("sqlite:"), text != "sqlite:" {
            self = .sqlite(path: String(text.dropFirst(7)))
        } else if text.hasPrefix("mongodb://") || text.hasPrefix("mongodb+srv://") {
            self = .mongoDB(uri: text)
        } else if text == "mongodb", !configured.isEmpty {
            self = .mongoDB(uri: configured)
        } else {
            return nil
        }
    }

    /// What it is called, always the same for the same store, and without a user, a password or options.
    var name: String {
        switch self {
        case .sqlite: return "sqlite:\(database)"
        case .mongoDB(let uri):
            guard let start = uri.range(of: "://")?.upperBound else { return "mongodb" }
            let scheme = uri[..<start]
            let rest = uri[start...].prefix { $0 != "?" }
            let place = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
            let parts = place.split(separator: "/", maxSplits: 1)
            return "\(scheme)\(parts.first ?? "")/\(parts.count > 1 ? parts[1] : "farebus")"
        }
    }

    /// The folder of a database file.
    var folder: DataFolder {
        guard case .sqlite(let path) = self else { return DataFolder(path: "") }
        return DataFolder(path: path.hasSuffix(".db") ? URL(fileURLWithPath: path).deletingLastPathComponent().path : path)
    }

    /// The database file.
    var database: String {
        guard case .sqlite(let path) = self else { return "" }
        return path.hasSuffix(".db") ? URL(fileURLWithPath: path).standardizedFileURL.path : folder.database
    }

    /// Connects to a MongoDB that has transactions.
    ///
    /// - Throws: `MongoStoreError` with what is wrong.
    static func open(_ uri: String) async throws -> MongoStore {
        let store = try MongoStore.open(MongoOptions(uri: uri), logger: .forCommands)
        do {
            try await store.probe()
        } catch {
            try await OffPool.run { try store.close() }
            throw error
        }
        return store
    }

    /// Warnings, for the operator to see.
    static var logger: Logger {
        var logger = Logger.forCommands
        logger.logLevel = .warning
        return logger
    }

    /// Names this life of this process.
    static func process() -> String {
        let random = SystemRandomSource().bytes(4).map { String($0, radix: 16) }.joined()
        return "\(ProcessInfo.processInfo.hostName)/\(ProcessInfo.processInfo.processIdentifier)/\(random)"
    }
}

import CommandBus
import Cryptography
import Foundation

/// The folder with everything that one server keeps.
struct DataFolder: Sendable {
    let path: String

    init(path: String) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    }

    var database: String { path + "/farebus.db" }
    var demoSessions: String { path + "/demo-sessions.json" }
    private var key: String { path + "/secret.key" }

    /// Makes the folder if there is none. Nobody but its owner may look into it.
    func create() throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
        )
    }

    /// The key under which codes and devices are hashed: 32 bytes.
    ///
    /// - Parameter file: where it is, if the operator keeps it; else it is made once, in this folder.
    func secretKey(in file: String, _ random: some RandomSource) throws -> [UInt8] {
        guard file.isEmpty else {
            guard let data = FileManager.default.contents(atPath: file), data.count == 32 else {
                throw DataFolderError.unreadableKey(file)
            }
            return Array(data)
        }
        if FileManager.default.fileExists(atPath: key) {
            guard let data = FileManager.default.contents(atPath: key), data.count == 32 else {
                throw DataFolderError.unreadableKey(key)
            }
            return Array(data)
        }
        let bytes = random.bytes(32)
        try Self.write(Data(bytes), to: key)
        return bytes
    }

    /// Another key, which is to take the place of the one that there is.
    ///
    /// - Parameter file: where the operator has put it; else a new one is made in this folder, beside the old one.
    /// - Returns: the key, and what puts it in its place.
    func newSecretKey(
        in file: String, _ random: some RandomSource
    ) throws -> (key: [UInt8], install: @Sendable () throws -> Void) {
        guard file.isEmpty else { return (try secretKey(in: file, random), {}) }
        let (bytes, place) = (random.bytes(32), key)
        let next = try Self.lay(Data(bytes), beside: place)
        return (bytes, { try Self.move(next, to: place) })
    }

    /// Writes a file that only its owner can read, whole or not at all.
    static func write(_ data: Data, to path: String) throws {
        try move(try lay(data, beside: path), to: path)
    }

    /// Writes a file that only its owner can read beside the place that it is for.
    ///
    /// - Returns: where it is.
    private static func lay(_ data: Data, beside path: String) throws -> String {
        let temporary = path + ".new"
        _ = FileManager.default.createFile(atPath: temporary, contents: nil, attributes: [.posixPermissions: 0o600])
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: temporary))
        defer { handle.closeFile() }
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: data)
        try handle.synchronize()
        return temporary
    }

    private static func move(_ temporary: String, to path: String) throws {
        guard rename(temporary, path) == 0 else { throw DataFolderError.unwritable(path) }
        // The name is as durable as the content only once the folder is.
        let folder = open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        guard folder >= 0 else { throw DataFolderError.unwritable(path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw DataFolderError.unwritable(path) }
    }
}

enum DataFolderError: Error, CustomStringConvertible {
    case inUse(String)
    case unreadableKey(String)
    case unwritable(String)
    case notADemo(String)
    case isADemo(String)

    var description: String {
        switch self {
        case .inUse(let path): "Another server works with \(path). Stop it, or give this one a folder of its own (--data)."
        case .unreadableKey(let path): "\(path) is not a file with a key of 32 bytes. Restore it from the backup."
        case .unwritable(let path): "\(path) can't be written."
        case .notADemo(let path):
            "\(path) holds data that is no demo's. --demo takes an empty folder, or one that it made itself."
        case .isADemo(let path):
            "\(path) holds demo data, whose passwords everybody knows. Start with --demo, or give an empty folder (--data)."
        }
    }
}

/// Holds a data folder for one server, until the process ends.
final class DataFolderLock: Sendable {
    private let descriptor: Int32

    /// - Throws: ``DataFolderError/inUse(_:)`` if another server holds it.
    init(_ folder: DataFolder) throws {
        descriptor = open(folder.path + "/farebus.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DataFolderError.unwritable(folder.path + "/farebus.lock") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw DataFolderError.inUse(folder.path)
        }
    }

    deinit {
        close(descriptor)
    }
}

import Foundation
import Storage

/// The two stores of a copy, opened and held so that nobody else changes them.
struct StoreCopySides {
    let source: any CopySource
    let target: any CopyTarget
    /// What is wrong with the target, by the rules that must always hold.
    let check: StoreCopy.Check
    private let locks: [DataFolderLock]
    private let closing: [@Sendable () throws -> Void]

    /// - Parameter sourceIsStopped: the operator's word. MongoDB can't tell a server that is idle from none; of a data
    ///   folder the lock is taken, and of the file one snapshot is read.
    /// - Throws: ``Refusal``, ``DataFolderError``, `CopyError`, `MongoStoreError`, `MongoSchemaError`.
    static func open(
        _ from: StoreAddress, _ to: StoreAddress, sourceIsStopped: Bool
    ) async throws -> StoreCopySides {
        var locks: [DataFolderLock] = []
        var closing: [@Sendable () throws -> Void] = []
        let source: any CopySource
        switch from {
        case .sqlite:
            guard FileManager.default.fileExists(atPath: from.database) else {
                throw CopyError.noDatabase(from.database)
            }
            locks.append(try DataFolderLock(from.folder))
            source = try SQLiteCopySource(path: from.database, name: from.name)
        case .mongoDB(let uri):
            guard sourceIsStopped else {
                throw Refusal(
                    """
                    Stop all servers that work with \(from.name), and say so with --source-is-stopped. What they wrote \
                    meanwhile would be missing in the copy.
                    """
                )
            }
            let store = try await StoreAddress.open(uri)
            closing.append { try store.close() }
            let side = MongoCopySide(store, name: from.name, process: StoreAddress.process(), logger: StoreAddress.logger)
            try await side.checkSource()
            source = side
        }

        switch to {
        case .sqlite:
            try to.folder.create()
            locks.append(try DataFolderLock(to.folder))
            let side = try SQLiteCopyTarget(path: to.database, name: to.name)
            closing.append { try side.close() }
            return StoreCopySides(
                source: source, target: side, check: { try await side.read { try Verification.run($0).findings } },
                locks: locks, closing: closing
            )
        case .mongoDB(let uri):
            let store = try await StoreAddress.open(uri)
            closing.append { try store.close() }
            let side = MongoCopySide(store, name: to.name, process: StoreAddress.process(), logger: StoreAddress.logger)
            return StoreCopySides(
                source: source, target: side, check: { try await store.read { try Verification.run($0).findings } },
                locks: locks, closing: closing
            )
        }
    }

    func close() async throws {
        let closing = closing
        try await OffPool.run { for close in closing { try close() } }
        withExtendedLifetime(locks) {}
    }
}

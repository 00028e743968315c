import CommandBus
import Foundation
import Synchronization

/// A word in the store, by which an instance that has lost Redis tells those that have not that there is something new.
enum RelayWord {
    private static let setting = "relay.word"

    /// Leaves a new word.
    static func leave<Store: CommandStore>(in store: Store, random: any RandomSource) async throws
    where Store.Transaction: SettingRecords {
        let word = try WireJSON.encode(String(random.next(), radix: 36))
        try await store.transact(TransactionUnit { tx in try tx.set(setting, word) })
    }

    static func read(from snapshot: some SettingReads) throws -> Data? {
        try snapshot.setting(setting)
    }
}

/// Notices new words.
final class RelayWordReader: Sendable {
    private let last = Mutex<Data?>(nil)

    /// - Parameter word: what stands in the store now.
    /// - Returns: whether that is news. Of the first word that is found nobody knows when it was left, so it is.
    func isNew(_ word: Data?) -> Bool {
        last.withLock { last in
            defer { last = word }
            return word != nil && word != last
        }
    }

    /// The last word was of no use yet.
    func forget() {
        last.withLock { $0 = nil }
    }
}

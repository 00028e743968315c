import CommandBus
import Cryptography
import Foundation

/// Sees to it that all who work with a store have the same secret: with another one no code would fit, and no device
/// would be known.
enum SecretMark {
    private static let setting = "secret"
    /// What is hashed under the secret to tell it by; that tells nothing of the secret itself.
    private static let text = Array("farebus: the secret of this store".utf8)

    /// Marks a store as kept with a secret, unless it is.
    ///
    /// - Throws: ``SecretMarkError`` if it is kept with another one.
    static func check<Store: FarebusStore>(_ store: Store, key: [UInt8]) async throws {
        let mark = mark(of: key)
        let kept = try await store.transact(
            TransactionUnit { tx in
                if let kept = try tx.setting(setting) { return kept }
                try tx.set(setting, mark)
                return mark
            }
        )
        guard constantTimeEqual(kept, mark) else { throw SecretMarkError() }
    }

    /// Whether a store is marked as kept with any secret, as every one is that a server has worked with.
    static func isThere(in reads: some SettingReads) throws -> Bool {
        try reads.setting(setting) != nil
    }

    /// Marks a store as kept with another secret from now on.
    static func replace(in tx: some SettingRecords, key: [UInt8]) throws {
        try tx.set(setting, mark(of: key))
    }

    private static func mark(of key: [UInt8]) -> Data {
        Data(HMACSHA256(key: key).code(for: text).bytes)
    }
}

struct SecretMarkError: Error, CustomStringConvertible {
    var description: String {
        """
        The store was made with another secret. Give this server the same key file as all others (--secret-key-file), or \
        restore it from the backup. If it is lost for good, see 'farebus admin replace-secret --help'.
        """
    }
}

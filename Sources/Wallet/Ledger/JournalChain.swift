package import Foundation

/// The journal is kept in several chains, so that entries of different riders need not wait for one another.
///
/// In a single chain each entry carries the hash of the very last one, so that on an engine with many writers no two
/// movements of money could ever be under way at once. A rider's entries are all in one chain, as long as the number
/// of chains stays what it is; that the balances of an account follow one another is seen by the numbers of its
/// postings, wherever they are.
package enum JournalChain {
    /// How many there are. Entries that exist stay where they are if it is changed.
    package static let standardCount = 16

    /// The chain of an entry: that of the first wallet that it moves.
    ///
    /// - Parameters:
    ///   - accounts: what the entry moves.
    ///   - count: how many chains there are, at least 1.
    static func of(_ accounts: [LedgerAccount], count: Int) -> Int {
        guard let wallet = accounts.first(where: \.isNeverNegative) else { return 0 }
        // FNV-1a: the same on every instance and in every year, which Swift's own hash is not.
        let hash = wallet.name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return Int(hash % UInt64(count))
    }
}

/// Where a chain ends.
package struct ChainHead: Sendable, Equatable {
    /// How many entries it has; the last one's place.
    package let sequence: Int64
    /// The hash of the last one.
    package let hash: Data

    package init(sequence: Int64, hash: Data) {
        self.sequence = sequence
        self.hash = hash
    }

    /// The head of a chain without entries.
    package static let empty = ChainHead(sequence: 0, hash: JournalEntry.genesis)
}

package import CommandBus
package import Foundation

/// What the ledger reads from the store.
package protocol LedgerReads {
    /// The balance in minor units; nil if there is no such account.
    func balance(of account: LedgerAccount) throws -> Int64?
    /// The currency of an account; nil if there is no such account.
    func currency(of account: LedgerAccount) throws -> CurrencyCode?
    /// The movements of a wallet, the newest first.
    ///
    /// - Parameters:
    ///   - before: only those before this place in the journal; nil for the newest.
    ///   - limit: at most so many.
    func movements(of account: LedgerAccount, before: Int64?, limit: Int) throws -> [Movement]
    /// The whole journal in order, a page at a time.
    func journal(after sequence: Int64, limit: Int) throws -> [StoredEntry]
    /// Every account with its balance.
    func balances() throws -> [(account: LedgerAccount, balance: Int64)]
}

/// What the ledger writes.
package protocol LedgerRecords: LedgerReads {
    /// Makes an account with a balance of zero, if there is none.
    func openAccount(_ account: LedgerAccount, currency: CurrencyCode) throws
    /// Adds to a balance, and takes from it only what is there where it may not fall below zero.
    ///
    /// - Returns: the new balance; nil if it would fall below zero or there is no such account; nothing is changed then.
    func add(_ amount: Int64, to account: LedgerAccount) throws -> Int64?
    /// The hash of the newest entry, or ``JournalEntry/genesis``.
    func newestHash() throws -> Data
    /// Appends an entry.
    func append(_ entry: JournalEntry, previous: Data, hash: Data) throws
}

/// One movement of a wallet.
package struct Movement: Sendable {
    /// Its place in the journal.
    package let sequence: Int64
    package let entry: JournalEntryID
    package let kind: EntryKind
    package let amount: Int64
    package let balanceAfter: Int64
    package let at: Timestamp
    package let reference: String

    package init(
        sequence: Int64, entry: JournalEntryID, kind: EntryKind, amount: Int64, balanceAfter: Int64, at: Timestamp,
        reference: String
    ) {
        self.sequence = sequence
        self.entry = entry
        self.kind = kind
        self.amount = amount
        self.balanceAfter = balanceAfter
        self.at = at
        self.reference = reference
    }
}

/// An entry as the store keeps it.
package struct StoredEntry: Sendable {
    package let sequence: Int64
    package let entry: JournalEntry
    package let previous: Data
    package let hash: Data

    package init(sequence: Int64, entry: JournalEntry, previous: Data, hash: Data) {
        self.sequence = sequence
        self.entry = entry
        self.previous = previous
        self.hash = hash
    }
}

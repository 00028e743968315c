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
    ///   - before: only those before this one of the account's postings; nil for the newest.
    ///   - limit: at most so many.
    func movements(of account: LedgerAccount, before: Int64?, limit: Int) throws -> [Movement]
    /// The chains that have entries, with their heads.
    func chains() throws -> [Int: ChainHead]
    /// A chain of the journal in order, a page at a time.
    func journal(of chain: Int, after sequence: Int64, limit: Int) throws -> [StoredEntry]
    /// Every account with its state.
    func balances() throws -> [(account: LedgerAccount, state: AccountBalance)]
}

/// What the ledger writes.
package protocol LedgerRecords: LedgerReads {
    /// Makes an account with a balance of zero, if there is none.
    func openAccount(_ account: LedgerAccount, currency: CurrencyCode) throws
    /// Adds to a balance, and takes from it only what is there where it may not fall below zero.
    ///
    /// - Returns: the new state; nil if the balance would fall below zero or there is no such account; nothing is changed
    ///   then.
    func add(_ amount: Int64, to account: LedgerAccount) throws -> AccountBalance?
    /// Sees to it that units of work meet that hold an account or move its money: what one of them reads, of the account
    /// or of whatever changes only with it, is so still when it commits. Nothing is changed.
    func hold(_ account: LedgerAccount) throws
    /// Where a chain ends; ``ChainHead/empty`` if it has no entries.
    func head(of chain: Int) throws -> ChainHead
    /// Appends an entry to a chain, behind the head that it was hashed after.
    func append(_ entry: JournalEntry, to chain: Int, after head: ChainHead, hash: Data) throws
}

/// How an account stands.
package struct AccountBalance: Sendable, Equatable {
    /// Minor units.
    package let balance: Int64
    /// How many postings it has.
    package let postings: Int64

    package init(balance: Int64, postings: Int64) {
        self.balance = balance
        self.postings = postings
    }
}

/// One movement of a wallet.
package struct Movement: Sendable {
    /// Which posting of the account it is.
    package let number: Int64
    package let entry: JournalEntryID
    package let kind: EntryKind
    package let amount: Int64
    package let balanceAfter: Int64
    package let at: Timestamp
    package let reference: String

    package init(
        number: Int64, entry: JournalEntryID, kind: EntryKind, amount: Int64, balanceAfter: Int64, at: Timestamp,
        reference: String
    ) {
        self.number = number
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
    /// Its place in its chain, from 1.
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

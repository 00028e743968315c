package import CommandBus
import Cryptography
package import Foundation

/// Why money moved.
package enum EntryKind: String, WireEnum {
    /// The credit that a new rider starts with.
    case welcome
    case fare
    case refund
    /// All that was in a wallet whose rider closed the account: to the operator, or to another rider.
    case closing
}

/// One side of a journal entry: an amount that an account gains (positive) or gives (negative).
package struct Posting: Sendable, Equatable {
    package let account: LedgerAccount
    /// Minor units.
    package let amount: Int64
    /// Which posting of the account it is: 1 for its first, and none is left out.
    package let number: Int64
    /// The account's balance after this posting.
    package let balanceAfter: Int64

    package init(account: LedgerAccount, amount: Int64, number: Int64, balanceAfter: Int64) {
        self.account = account
        self.amount = amount
        self.number = number
        self.balanceAfter = balanceAfter
    }
}

/// A movement of money: postings that sum to zero, and the hash that chains it to the entry before it in its chain.
///
/// An entry is never changed or removed; a correction is another entry.
package struct JournalEntry: Sendable {
    package let id: JournalEntryID
    package let kind: EntryKind
    package let at: Timestamp
    /// What the movement is for: a booking, an account.
    package let reference: String
    /// Who caused it: an account, or `system`.
    package let actor: String
    package let currency: CurrencyCode
    package let postings: [Posting]

    package init(
        id: JournalEntryID, kind: EntryKind, at: Timestamp, reference: String, actor: String, currency: CurrencyCode,
        postings: [Posting]
    ) {
        self.id = id
        self.kind = kind
        self.at = at
        self.reference = reference
        self.actor = actor
        self.currency = currency
        self.postings = postings
    }

    /// The hash of the entry before the first of a chain.
    package static let genesis = Data(count: 32)

    /// SHA-256 over the hash of the entry before and every field of this one, each with its length in front, so that no
    /// two different entries are the same bytes.
    ///
    /// - Parameter previous: the hash of the entry before, 32 bytes.
    package func hash(after previous: Data) -> Data {
        var bytes = Array(previous)
        func add(_ text: String) {
            let field = Array(text.utf8)
            withUnsafeBytes(of: UInt32(field.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: field)
        }
        func add(_ number: Int64) {
            withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.reserveCapacity(320)
        for text in [id.raw, kind.rawValue, reference, actor, currency.raw] { add(text) }
        add(at.milliseconds)
        add(Int64(postings.count))
        for posting in postings {
            add(posting.account.name)
            add(posting.amount)
            add(posting.number)
            add(posting.balanceAfter)
        }
        return Data(SHA256.hash(bytes))
    }
}

import CommandBus
import Foundation
import Testing
import Wallet

@Suite("The hash of a journal entry")
struct JournalEntryTests {
    private static let account = LedgerAccount.wallet(AccountID(trusted: "a_one"))

    private static func entry(
        id: String = "j_1", kind: EntryKind = .fare, at: Int64 = 1_795_501_800_000, reference: String = "b_1",
        actor: String = "a_one", currency: String = "INR",
        postings: [Posting] = [
            Posting(account: account, amount: -2000, number: 2, balanceAfter: 38_000),
            Posting(account: .fares, amount: 2000, number: 7, balanceAfter: 2000),
        ]
    ) -> JournalEntry {
        JournalEntry(
            id: JournalEntryID(trusted: id), kind: kind, at: Timestamp(milliseconds: at), reference: reference, actor: actor,
            currency: CurrencyCode(trusted: currency), postings: postings
        )
    }

    private static func hex(_ data: Data) -> String {
        data.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// Computed by another program from the description of the format; journals that are out there depend on it.
    @Test("It is exactly this")
    func golden() {
        #expect(
            Self.hex(Self.entry().hash(after: JournalEntry.genesis))
                == "8d9b0543e27e3c7df2addaec63aab3e8678574ed5e262b65fedd73e7c0ab2476")
        #expect(JournalEntry.genesis == Data(count: 32))
    }

    @Test("Every field counts, and so does the entry before")
    func everyField() {
        let wallet = Self.account
        let variants = [
            Self.entry(), Self.entry(id: "j_2"), Self.entry(kind: .refund), Self.entry(at: 1_795_501_800_001),
            Self.entry(reference: "b_2"), Self.entry(actor: "system"), Self.entry(currency: "EUR"), Self.entry(postings: []),
            Self.entry(postings: [Posting(account: wallet, amount: -2000, number: 2, balanceAfter: 38_000)]),
            Self.entry(postings: Self.entry().postings.reversed()),
            Self.entry(postings: [
                Posting(account: wallet, amount: -2001, number: 2, balanceAfter: 38_000),
                Posting(account: .fares, amount: 2000, number: 7, balanceAfter: 2000),
            ]),
            Self.entry(postings: [
                Posting(account: wallet, amount: -2000, number: 2, balanceAfter: 38_001),
                Posting(account: .fares, amount: 2000, number: 7, balanceAfter: 2000),
            ]),
            Self.entry(postings: [
                Posting(account: wallet, amount: -2000, number: 2, balanceAfter: 38_000),
                Posting(account: .grants, amount: 2000, number: 7, balanceAfter: 2000),
            ]),
            Self.entry(postings: [
                Posting(account: wallet, amount: -2000, number: 3, balanceAfter: 38_000),
                Posting(account: .fares, amount: 2000, number: 7, balanceAfter: 2000),
            ]),
            // The border between two fields moves.
            Self.entry(reference: "b_1a", actor: "_one"), Self.entry(reference: "b_", actor: "1a_one"),
        ]
        var hashes = Set(variants.map { $0.hash(after: JournalEntry.genesis) })
        #expect(hashes.count == variants.count)
        hashes.insert(Self.entry().hash(after: Data(repeating: 1, count: 32)))
        #expect(hashes.count == variants.count + 1)
        #expect(hashes.allSatisfy { $0.count == 32 })
    }
}

import CommandBus
import Foundation

/// Rechecks the whole ledger: the sums, the chains, the balances.
package enum LedgerCheck {
    /// - Parameter ledger: one snapshot, so that nothing moves meanwhile.
    /// - Returns: every finding in words, none if the ledger is whole; and how many entries were checked.
    package static func run(_ ledger: some LedgerReads) throws -> (findings: [String], entries: Int) {
        var check = LedgerWalk()
        for (chain, head) in try ledger.chains().sorted(by: { $0.key < $1.key }) {
            try check.walk(chain, head, in: ledger)
        }
        try check.settle(ledger.balances())
        return (check.findings, check.entries)
    }
}

/// What is known while the entries go by.
private struct LedgerWalk {
    private(set) var findings: [String] = []
    private(set) var entries = 0
    private var accounts: [LedgerAccount: RunningAccount] = [:]

    /// An account as its postings make it.
    private struct RunningAccount {
        var balance: Int64 = 0
        var postings: Int64 = 0
        /// Postings that came before the one that they follow, because they are in different chains.
        var early: [Int64: (posting: Posting, entry: JournalEntryID)] = [:]
    }

    mutating func walk(_ chain: Int, _ head: ChainHead, in ledger: some LedgerReads) throws {
        var (previous, sequence) = (JournalEntry.genesis, Int64(0))
        while true {
            let page = try ledger.journal(of: chain, after: sequence, limit: 1000)
            guard let last = page.last else { break }
            for stored in page {
                look(at: stored, after: previous)
                previous = stored.hash
            }
            sequence = last.sequence
        }
        if head != ChainHead(sequence: sequence, hash: previous) {
            findings.append("chain \(chain): it does not end where its head says")
        }
    }

    private mutating func look(at stored: StoredEntry, after previous: Data) {
        let entry = stored.entry
        entries += 1
        if Self.sum(entry.postings.map(\.amount)) != 0 {
            findings.append("journal entry \(entry.id): its postings do not sum to zero")
        }
        if stored.previous != previous {
            findings.append("journal entry \(entry.id): it does not follow the entry before it")
        }
        if entry.hash(after: stored.previous) != stored.hash {
            findings.append("journal entry \(entry.id): its content does not match its hash")
        }
        for posting in entry.postings { take(posting, of: entry.id) }
    }

    private mutating func take(_ posting: Posting, of entry: JournalEntryID) {
        var account = accounts[posting.account, default: RunningAccount()]
        if posting.number <= account.postings || account.early[posting.number] != nil {
            findings.append("journal entry \(entry): its posting to \(posting.account.name) has a number that was there")
            account.balance = Self.sum([account.balance, posting.amount]) ?? 0
        } else {
            account.early[posting.number] = (posting, entry)
        }
        while let (next, entry) = account.early.removeValue(forKey: account.postings + 1) {
            account.postings += 1
            add(next, of: entry, to: &account)
        }
        accounts[posting.account] = account
    }

    private mutating func add(_ posting: Posting, of entry: JournalEntryID, to account: inout RunningAccount) {
        account.balance = Self.sum([account.balance, posting.amount]) ?? 0
        if account.balance != posting.balanceAfter {
            findings.append("journal entry \(entry): the balance of \(posting.account.name) is wrong after it")
        }
    }

    mutating func settle(_ balances: [(account: LedgerAccount, state: AccountBalance)]) {
        for (account, state) in balances {
            var running = accounts[account, default: RunningAccount()]
            for (_, (posting, entry)) in running.early.sorted(by: { $0.key < $1.key }) {
                if posting.number != running.postings + 1 {
                    findings.append("\(account.name): posting \(running.postings + 1) of it is missing")
                }
                running.postings = posting.number
                add(posting, of: entry, to: &running)
            }
            if state.balance != running.balance {
                findings.append("\(account.name): its balance is \(state.balance), its entries sum to \(running.balance)")
            }
            if state.postings != running.postings {
                findings.append("\(account.name): it has \(state.postings) postings, \(running.postings) are there")
            }
            if account.isNeverNegative, state.balance < 0 {
                findings.append("\(account.name): its balance is below zero")
            }
        }
        let known = Set(balances.map(\.account))
        for account in accounts.keys.filter({ !known.contains($0) }).sorted(by: { $0.name < $1.name }) {
            findings.append("\(account.name): there are postings of it, but no such account")
        }
        switch Self.sum(balances.map(\.state.balance)) {
        case 0: break
        case let total?: findings.append("all balances sum to \(total), not to zero")
        case nil: findings.append("all balances sum to more than a number can hold, not to zero")
        }
    }

    /// The sum; nil where no number can hold it. What is checked may be anything, and must not bring the check down.
    private static func sum(_ amounts: [Int64]) -> Int64? {
        var total: Int64 = 0
        for amount in amounts {
            let (partial, overflow) = total.addingReportingOverflow(amount)
            if overflow { return nil }
            total = partial
        }
        return total
    }
}

import CommandBus
import Foundation

/// Rechecks the whole ledger: the sums, the chain, the balances.
package enum LedgerCheck {
    /// - Parameter ledger: one snapshot, so that nothing moves meanwhile.
    /// - Returns: every finding in words, none if the ledger is whole; and how many entries were checked.
    package static func run(_ ledger: some LedgerReads) throws -> (findings: [String], entries: Int) {
        var findings: [String] = []
        var previous = JournalEntry.genesis
        var computed: [LedgerAccount: Int64] = [:]
        var sequence: Int64 = 0
        var count = 0
        while true {
            let page = try ledger.journal(after: sequence, limit: 1000)
            guard let last = page.last else { break }
            for stored in page {
                let entry = stored.entry
                count += 1
                if sum(entry.postings.map(\.amount)) != 0 {
                    findings.append("journal entry \(entry.id): its postings do not sum to zero")
                }
                if stored.previous != previous {
                    findings.append("journal entry \(entry.id): it does not follow the entry before it")
                }
                if entry.hash(after: stored.previous) != stored.hash {
                    findings.append("journal entry \(entry.id): its content does not match its hash")
                }
                previous = stored.hash
                for posting in entry.postings {
                    computed[posting.account] = sum([computed[posting.account, default: 0], posting.amount]) ?? 0
                    if computed[posting.account] != posting.balanceAfter {
                        findings.append(
                            "journal entry \(entry.id): the balance of \(posting.account.name) is wrong after it")
                    }
                }
            }
            sequence = last.sequence
        }
        let balances = try ledger.balances()
        for (account, balance) in balances {
            if balance != computed[account, default: 0] {
                findings.append(
                    "\(account.name): its balance is \(balance), its entries sum to \(computed[account, default: 0])")
            }
            if account.isNeverNegative, balance < 0 { findings.append("\(account.name): its balance is below zero") }
        }
        switch sum(balances.map(\.balance)) {
        case 0: break
        case let total?: findings.append("all balances sum to \(total), not to zero")
        case nil: findings.append("all balances sum to more than a number can hold, not to zero")
        }
        return (findings, count)
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

import Auth
import Booking
import Wallet

/// Rechecks everything that must always hold, on one snapshot.
struct Verification: Sendable {
    let findings: [String]
    /// The findings, and what was checked, for a terminal.
    let lines: [String]

    static func run(_ snapshot: some LedgerReads & BookingReads & AccountReads) throws -> Verification {
        let ledger = try LedgerCheck.run(snapshot)
        let bookings = try BookingCheck.run(snapshot)
        let findings = ledger.findings + bookings.findings
        let summary = [
            "\(ledger.entries) journal entries: \(ledger.findings.isEmpty ? "whole" : "\(ledger.findings.count) findings")",
            "\(bookings.bookings) bookings: \(bookings.findings.isEmpty ? "whole" : "\(bookings.findings.count) findings")",
        ]
        return Verification(findings: findings, lines: findings + summary)
    }
}

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
        let sessions = try SessionCheck.run(snapshot)
        let findings = ledger.findings + bookings.findings + sessions.findings
        let summary = [
            line("journal entries", ledger.entries, ledger.findings), line("bookings", bookings.bookings, bookings.findings),
            line("live sessions", sessions.sessions, sessions.findings),
        ]
        return Verification(findings: findings, lines: findings + summary)
    }

    private static func line(_ what: String, _ count: Int, _ findings: [String]) -> String {
        "\(count) \(what): \(findings.isEmpty ? "all well" : "\(findings.count) findings")"
    }
}

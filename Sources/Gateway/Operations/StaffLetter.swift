import CommandBus

/// What staff are told of a check: with the findings, which nobody else is shown.
struct StaffLetter: Sendable {
    let record: InvariantRecord
    let turn: Outage.Turn
    /// The operator's name.
    let service: String
    /// Whether money moves again by itself after a clean check.
    let recovers: Bool

    var subject: String {
        switch turn {
        case .began: "\(service): money is stopped: the books are not in order"
        case .ended: "\(service): the books are in order again"
        }
    }

    var body: String {
        switch turn {
        case .began:
            """
            A check found that something does not hold that must always hold. No money moves until it is settled: what
            moves money is answered 503 with the reason. Reading and everything else go on.

            \(record.count) \(record.count == 1 ? "finding" : "findings")\(record.count > record.findings.count ? ", the first of them" : ""):
            \(record.findings.map { "- " + $0 }.joined(separator: "\n"))

            'farebus verify' names them all. \(recovers ? "The next clean check lifts the stop." : "Staff lift the stop.")
            See docs/operations.md, section "Maintenance".

            """
        case .ended(let since):
            """
            A check found nothing wrong any more; the first one that did was at \(since).
            \(recovers ? "Money moves again." : "Money stays stopped until staff lift the stop (maintenance.set).")

            """
        }
    }
}

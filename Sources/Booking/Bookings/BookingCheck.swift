import CommandBus
package import Wallet

/// Rechecks the bookings against the departures and the ledger.
package enum BookingCheck {
    /// - Parameter reads: one snapshot, so that nothing moves meanwhile.
    /// - Returns: every finding in words, none if all is well; and how many bookings were checked.
    package static func run(_ reads: some BookingReads & LedgerReads) throws -> (findings: [String], bookings: Int) {
        var findings: [String] = []
        for tally in try reads.departureTallies() {
            let counts = tally.counts
            if counts.capacity != tally.capacity {
                findings.append("departure \(tally.departure): its seats do not add up to its capacity of \(tally.capacity)")
            }
            if (counts.booked, counts.boarded, counts.noShow) != (tally.booked, tally.boarded, tally.noShow) {
                findings.append(
                    "departure \(tally.departure): it counts \(counts.booked) booked, \(counts.boarded) boarded and "
                        + "\(counts.noShow) no-shows, its bookings are \(tally.booked), \(tally.boarded) and \(tally.noShow)"
                )
            }
        }
        let money = try movements(reads)
        var live: Set<Seat> = []
        var known: Set<String> = []
        var count = 0
        var last: BookingID?
        while true {
            let page = try reads.bookings(after: last, limit: 1000)
            guard let end = page.last else { break }
            for booking in page {
                count += 1
                known.insert(booking.id.raw)
                if booking.state != .cancelled, !live.insert(Seat(booking)).inserted {
                    findings.append(
                        "booking \(booking.id): the rider has two live bookings on departure \(booking.departure)")
                }
                findings += check(booking, money[booking.id.raw] ?? Movements())
            }
            last = end.id
        }
        for reference in money.keys.sorted() where !known.contains(reference) {
            findings.append("the ledger has fares or refunds for \(reference), which is no booking")
        }
        return (findings, count)
    }

    private struct Seat: Hashable {
        let rider: AccountID
        let departure: DepartureID

        init(_ booking: BookingRecord) {
            rider = booking.rider
            departure = booking.departure
        }
    }

    private struct Movements {
        var charges: [Movement] = []
        var refunds: [Movement] = []
    }

    private struct Movement {
        let entry: JournalEntryID
        let wallet: LedgerAccount
        let amount: Int64
    }

    private static func check(_ booking: BookingRecord, _ money: Movements) -> [String] {
        var findings: [String] = []
        let charges = booking.fare.amount == 0 ? [] : [booking.fare.amount]
        if money.charges.map(\.amount) != charges {
            findings.append(
                "booking \(booking.id): it should have been charged \(charges), and was charged \(money.charges.map(\.amount))"
            )
        }
        let due = booking.state == .cancelled ? booking.policy.refund(of: booking.fare.amount) : 0
        let refunds = due == 0 ? [] : [due]
        if money.refunds.map(\.amount) != refunds {
            findings.append(
                "booking \(booking.id): it should have been refunded \(refunds), and was refunded \(money.refunds.map(\.amount))"
            )
        }
        if (money.charges + money.refunds).contains(where: { $0.wallet != .wallet(booking.rider) }) {
            findings.append("booking \(booking.id): its money went through another wallet than its rider's")
        }
        if booking.charge != money.charges.first?.entry || booking.refund != money.refunds.first?.entry {
            findings.append("booking \(booking.id): it names other journal entries than those that are for it")
        }
        if (booking.cancelledAt != nil) != (booking.state == .cancelled) {
            findings.append("booking \(booking.id): its state and its time of cancellation disagree")
        }
        return findings
    }

    /// The fares and refunds of the ledger by what they were for, from the wallets' side.
    private static func movements(_ reads: some LedgerReads) throws -> [String: Movements] {
        var found: [String: Movements] = [:]
        for chain in try reads.chains().keys {
            var sequence: Int64 = 0
            while true {
                let page = try reads.journal(of: chain, after: sequence, limit: 1000)
                guard let last = page.last else { break }
                for stored in page { add(stored.entry, to: &found) }
                sequence = last.sequence
            }
        }
        return found
    }

    private static func add(_ entry: JournalEntry, to found: inout [String: Movements]) {
        for posting in entry.postings where posting.account.isNeverNegative {
            switch entry.kind {
            case .fare:
                found[entry.reference, default: Movements()].charges.append(
                    Movement(entry: entry.id, wallet: posting.account, amount: 0 &- posting.amount)
                )
            case .refund:
                found[entry.reference, default: Movements()].refunds.append(
                    Movement(entry: entry.id, wallet: posting.account, amount: posting.amount)
                )
            case .welcome, .closing: break
            }
        }
    }
}

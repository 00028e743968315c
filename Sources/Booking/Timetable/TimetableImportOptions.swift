package import CommandBus
package import Foundation

/// Seats of a bus.
package typealias SeatCapacity = Bounded<1, 500>

/// What a feed does not say, and its operator does.
package struct TimetableImportOptions: Sendable {
    /// Seats of every bus.
    package var capacity: SeatCapacity
    /// Fare of every bus; not negative.
    package var fare: Money
    /// The operator's zone, which says what day it is.
    package var zone: TimeZone
    /// Moves all dates of the feed by whole weeks, so that its first day of service falls into the week (Monday to
    /// Sunday) of this date: for feeds whose calendar is over.
    package var shiftTo: CivilDate?

    package init(capacity: SeatCapacity, fare: Money, zone: TimeZone, shiftTo: CivilDate? = nil) {
        precondition(fare.amount >= 0, "nobody is paid for riding")
        self.capacity = capacity
        self.fare = fare
        self.zone = zone
        self.shiftTo = shiftTo
    }

    /// Whole days, a multiple of seven, by which the dates of a feed are moved.
    func shift(of dates: ClosedRange<CivilDate>) -> Int {
        guard let shiftTo else { return 0 }
        return shiftTo.monday.daysSinceEpoch - dates.lowerBound.monday.daysSinceEpoch
    }
}

extension CivilDate {
    /// The Monday of its week.
    fileprivate var monday: CivilDate { adding(days: -weekday) }
}

/// What an import did, and what it found.
package struct ImportReport: Sendable {
    /// Where the feed was read from, for people.
    package let source: String
    package let routes: Int
    package let stops: Int
    package let buses: Int
    /// Buses that are no longer in the feed, and were ended.
    package let ended: Int
    /// Departures to come that follow the new timetable, and those that were withdrawn.
    package let changed: Int
    package let withdrawn: Int
    package let corrected: Int
    package let refused: Int
    /// A line each, in the order of the files and their lines.
    package let findings: [String]

    /// The report as a terminal shows it.
    package var lines: [String] {
        findings + [summary]
    }

    /// `3 routes, 15 stops and 35 buses imported from …; 7 corrected, 0 refused`.
    package var summary: String {
        var text = "\(counted(routes, "route")), \(counted(stops, "stop")) and \(counted(buses, "bus", "buses")) imported"
        text += " from \(source); \(corrected) corrected, \(refused) refused"
        if ended > 0 { text += "; \(counted(ended, "bus", "buses")) ended" }
        if changed > 0 { text += "; \(counted(changed, "departure")) changed" }
        if withdrawn > 0 { text += "; \(counted(withdrawn, "departure")) withdrawn" }
        return text
    }
}

func counted(_ number: Int, _ one: String, _ many: String? = nil) -> String {
    "\(number) \(number == 1 ? one : many ?? one + "s")"
}

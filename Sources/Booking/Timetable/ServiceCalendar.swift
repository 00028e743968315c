package import CommandBus

/// A set of days of the week.
package struct DaysOfWeek: OptionSet, Sendable, Hashable {
    package let rawValue: Int

    package init(rawValue: Int) {
        self.rawValue = rawValue
    }

    package static let everyDay = DaysOfWeek(rawValue: 0b111_1111)

    /// - Parameter weekday: Monday is 0, Sunday is 6; see ``CommandBus/CivilDate/weekday``.
    package init(weekday: Int) {
        self.init(rawValue: 1 << weekday)
    }

    package func includes(_ date: CivilDate) -> Bool {
        contains(DaysOfWeek(weekday: date.weekday))
    }
}

/// A range of dates, both included, and the days of the week on which there is service in it.
package struct ServicePeriod: Sendable, Hashable {
    package let first: CivilDate
    package let last: CivilDate
    package let days: DaysOfWeek

    package init(first: CivilDate, last: CivilDate, days: DaysOfWeek) {
        self.first = first
        self.last = last
        self.days = days
    }

    package func includes(_ date: CivilDate) -> Bool {
        first <= date && date <= last && days.includes(date)
    }
}

/// On which dates there is service: periods, and single dates that are added to them or taken out.
package struct ServiceCalendar: Sendable, Hashable {
    package var periods: [ServicePeriod]
    package var added: Set<CivilDate>
    package var removed: Set<CivilDate>

    package init(periods: [ServicePeriod] = [], added: Set<CivilDate> = [], removed: Set<CivilDate> = []) {
        self.periods = periods
        self.added = added
        self.removed = removed
    }

    package func runs(on date: CivilDate) -> Bool {
        if removed.contains(date) { return false }
        return added.contains(date) || periods.contains { $0.includes(date) }
    }

    /// The first date with service; nil if there is none.
    package var firstDate: CivilDate? {
        let dates = periods.compactMap { period in
            first(from: period.first, through: period.last, by: 1)
        }
        return (dates + added.subtracting(removed)).min()
    }

    /// The last date with service; nil if there is none.
    package var lastDate: CivilDate? {
        let dates = periods.compactMap { period in
            first(from: period.last, through: period.first, by: -1)
        }
        return (dates + added.subtracting(removed)).max()
    }

    /// The same calendar, earlier or later by whole days.
    package func shifted(days: Int) -> ServiceCalendar {
        ServiceCalendar(
            periods: periods.map { period in
                ServicePeriod(
                    first: period.first.adding(days: days), last: period.last.adding(days: days), days: period.days
                )
            },
            added: Set(added.map { $0.adding(days: days) }),
            removed: Set(removed.map { $0.adding(days: days) })
        )
    }

    private func first(from start: CivilDate, through end: CivilDate, by step: Int) -> CivilDate? {
        stride(from: start.daysSinceEpoch, through: end.daysSinceEpoch, by: step).lazy
            .map { CivilDate(daysSinceEpoch: $0) }.first { runs(on: $0) }
    }
}

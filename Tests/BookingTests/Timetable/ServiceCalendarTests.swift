import CommandBus
import Foundation
import Testing

@testable import Booking

@Suite("Service calendars")
struct ServiceCalendarTests {
    private func date(_ text: String) throws -> CivilDate { try #require(CivilDate(text)) }

    private let weekdays: DaysOfWeek = [0, 1, 2, 3, 4].reduce(into: []) { $0.insert(DaysOfWeek(weekday: $1)) }

    @Test func daysOfTheWeek() throws {
        let period = try ServicePeriod(first: date("2026-11-23"), last: date("2026-12-04"), days: weekdays)
        // 23 November 2026 is a Monday.
        #expect(try period.includes(date("2026-11-23")))
        #expect(try period.includes(date("2026-12-04")))
        #expect(try !period.includes(date("2026-11-28")))
        #expect(try !period.includes(date("2026-11-29")))
        #expect(try !period.includes(date("2026-11-20")))
        #expect(try !period.includes(date("2026-12-07")))
    }

    @Test func severalPeriodsAndExceptions() throws {
        let calendar = try ServiceCalendar(
            periods: [
                ServicePeriod(first: date("2026-08-01"), last: date("2026-12-18"), days: .everyDay),
                ServicePeriod(first: date("2027-01-18"), last: date("2027-05-14"), days: weekdays),
            ],
            added: [date("2026-12-24")], removed: [date("2026-11-26"), date("2027-01-18")]
        )
        #expect(try calendar.runs(on: date("2026-11-25")))
        #expect(try !calendar.runs(on: date("2026-11-26")))
        #expect(try calendar.runs(on: date("2026-12-24")))
        #expect(try !calendar.runs(on: date("2026-12-25")))
        #expect(try !calendar.runs(on: date("2027-01-18")))
        #expect(try calendar.runs(on: date("2027-01-19")))
        #expect(try calendar.firstDate == date("2026-08-01"))
        #expect(try calendar.lastDate == date("2027-05-14"))
    }

    @Test func aCalendarMayBeMadeOfSingleDatesOnly() throws {
        let calendar = try ServiceCalendar(added: [date("2026-12-24"), date("2026-12-31")])
        #expect(try calendar.firstDate == date("2026-12-24"))
        #expect(try calendar.lastDate == date("2026-12-31"))
        #expect(try calendar.runs(on: date("2026-12-31")))
        #expect(ServiceCalendar().firstDate == nil)
        let never = try ServicePeriod(first: date("2026-01-01"), last: date("2026-12-31"), days: [])
        #expect(ServiceCalendar(periods: [never]).lastDate == nil)
    }

    @Test func shiftingByWeeksKeepsTheWeekdays() throws {
        let calendar = try ServiceCalendar(
            periods: [ServicePeriod(first: date("2012-08-27"), last: date("2012-12-19"), days: weekdays)],
            added: [date("2012-12-22")], removed: [date("2012-11-22")]
        )
        let days = 7 * 742
        let shifted = calendar.shifted(days: days)
        for offset in 0..<200 {
            let day = try date("2012-08-01").adding(days: offset)
            #expect(calendar.runs(on: day) == shifted.runs(on: day.adding(days: days)))
        }
    }

    @Test(arguments: [
        ("2026-11-23", "2026-11-23"), ("2026-11-24", "2026-11-23"), ("2026-11-29", "2026-11-23"),
        ("2026-11-30", "2026-11-30"), ("2012-08-01", "2012-07-30"),
    ])
    func theFirstDayFallsIntoTheWeekThatWasAskedFor(_ wanted: String, _ monday: String) throws {
        let options = TimetableImportOptions(
            capacity: try SeatCapacity(refining: 10), fare: Money(amount: 0, currency: CurrencyCode(trusted: "INR")),
            zone: .gmt, shiftTo: try date(wanted)
        )
        // A Saturday.
        let first = try date("2012-09-01")
        let moved = first.adding(days: options.shift(of: first...first))
        #expect(try moved == date(monday).adding(days: 5))
        #expect(moved.weekday == first.weekday)
    }
}

import Foundation
import Support
import Testing

@testable import CommandBus

@Suite("Civil dates")
struct CivilDateTests {
    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = .gmt
        return calendar
    }()

    /// Foundation's ISO calendar turns Julian before 15 October 1582.
    @Test("Days agree with Foundation's calendar from 1583 to 2600")
    func everyDay() throws {
        let first = try #require(CivilDate(year: 1583, month: 1, day: 1))
        let last = try #require(CivilDate(year: 2600, month: 12, day: 31))
        var wrong = 0
        for day in stride(from: first.daysSinceEpoch, through: last.daysSinceEpoch, by: 5) {
            let date = CivilDate(daysSinceEpoch: day)
            let theirs = Self.calendar.dateComponents(
                [.year, .month, .day, .weekday], from: Date(timeIntervalSince1970: Double(day) * 86_400)
            )
            let (year, month, dayOfMonth) = date.components
            // Foundation's Sunday is 1.
            let same =
                theirs.year == year && theirs.month == month && theirs.day == dayOfMonth
                && theirs.weekday.map { ($0 + 5) % 7 } == date.weekday
            if !same || CivilDate(year: year, month: month, day: dayOfMonth) != date { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test("Days follow one another without a gap through four hundred years and more")
    func succession() throws {
        var date = try #require(CivilDate(year: 1599, month: 12, day: 31))
        var previous = date.components
        for _ in 0..<150_000 {
            date = date.adding(days: 1)
            let now = date.components
            let isNext =
                now.year == previous.year && now.month == previous.month && now.day == previous.day + 1
                || now.year == previous.year && now.month == previous.month + 1 && now.day == 1 && previous.day >= 28
                || now.year == previous.year + 1 && now.month == 1 && now.day == 1 && previous.month == 12
                    && previous.day == 31
            if !isNext {
                Issue.record("\(previous) is followed by \(now)")
                return
            }
            previous = now
        }
    }

    @Test(
        "Leap years",
        arguments: [(1600, true), (1900, false), (2000, true), (2023, false), (2024, true), (2100, false), (2400, true)])
    func leapYears(year: Int, isLeap: Bool) {
        #expect((CivilDate(year: year, month: 2, day: 29) != nil) == isLeap)
    }

    @Test(
        "Dates are written and read",
        arguments: [
            (0, "1970-01-01"), (-1, "1969-12-31"), (20_781, "2026-11-24"), (-719_162, "0001-01-01"),
            (2_932_896, "9999-12-31"),
            (11_016, "2000-02-29"),
        ])
    func text(days: Int, text: String) {
        let date = CivilDate(daysSinceEpoch: days)
        #expect(date.description == text)
        #expect(CivilDate(text) == date)
        #expect(CivilDate(compact: text.replacing("-", with: "")) == date)
    }

    @Test("Any date survives its text", arguments: 1...2)
    func roundTrip(seed: UInt64) {
        let random = SeededRandom(seed: seed)
        for _ in 0..<2000 {
            let date = CivilDate(daysSinceEpoch: random.number(in: -719_162...2_932_896))
            #expect(CivilDate(date.description) == date)
        }
    }

    @Test(
        "What is no date is not read",
        arguments: [
            "", "2026-11-2", "2026-11-240", "2026-11-31", "2026-02-29", "2026-00-01", "2026-01-00", "2026-13-01",
            "0000-01-01",
            "2026/11/24", "20261124", "-026-11-24", "2026-11-2x", "２０２６-11-24", "2026-1１-4", " 2026-11-24", "2026-11-24 ",
        ])
    func refused(text: String) {
        #expect(CivilDate(text) == nil)
    }

    @Test(
        "A compact date has eight digits",
        arguments: ["", "2026112", "202611240", "2026-1-1", "20261131", "2026112x", "00001124"])
    func refusedCompact(text: String) {
        #expect(CivilDate(compact: text) == nil)
    }

    @Test("24 November 2026 is a Tuesday")
    func weekday() throws {
        let date = try #require(CivilDate("2026-11-24"))
        #expect(date.weekday == 1)
        #expect(date.adding(days: -1).weekday == 0)
        #expect(date.adding(days: 5).weekday == 6)
        #expect(CivilDate(daysSinceEpoch: -4).weekday == 6)
        #expect(date < date.adding(days: 1))
    }
}

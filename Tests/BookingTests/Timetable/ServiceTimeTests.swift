import CommandBus
import Foundation
import Testing

@testable import Booking

@Suite("Times of a service day")
struct ServiceTimeTests {
    private let newYork: TimeZone
    private let india: TimeZone

    init() throws {
        newYork = try #require(TimeZone(identifier: "America/New_York"))
        india = try #require(TimeZone(identifier: "Asia/Kolkata"))
    }

    private func instant(_ time: String, _ date: String, _ zone: TimeZone) throws -> String {
        try #require(ServiceTime(time)).instant(on: #require(CivilDate(date)), in: zone).description
    }

    @Test func readsTimes() {
        #expect(ServiceTime("9:30:00")?.seconds == 34_200)
        #expect(ServiceTime("09:30:00")?.seconds == 34_200)
        #expect(ServiceTime("25:10:05")?.seconds == 90_605)
        #expect(ServiceTime("0:00:00")?.seconds == 0)
        #expect(ServiceTime(seconds: 90_605).description == "25:10:05")
    }

    @Test(arguments: [
        "", "9:30", "9:3:00", "9:30:0", "9:60:00", "9:30:60", "-1:00:00", "a:00:00", "9.30.00", "9:30:00:00", "1000:00:00",
    ])
    func refusesWhatIsNone(_ text: String) {
        #expect(ServiceTime(text) == nil)
    }

    @Test func ordinaryDay() throws {
        #expect(try instant("08:30:00", "2026-11-24", india) == "2026-11-24T08:30:00+05:30")
        #expect(try instant("08:30:00", "2026-07-01", newYork) == "2026-07-01T08:30:00-04:00")
        #expect(try instant("08:30:00", "2026-12-01", newYork) == "2026-12-01T08:30:00-05:00")
    }

    @Test func pastMidnightBelongsToTheServiceDay() throws {
        #expect(try instant("25:10:00", "2026-11-24", india) == "2026-11-25T01:10:00+05:30")
        #expect(try instant("24:00:00", "2026-12-31", india) == "2027-01-01T00:00:00+05:30")
    }

    /// The clocks go from 2:00 to 3:00 on 8 March 2026: the service day begins, by the clock, at 23:00 of the day before.
    @Test func springForward() throws {
        #expect(try instant("12:00:00", "2026-03-08", newYork) == "2026-03-08T12:00:00-04:00")
        #expect(try instant("06:00:00", "2026-03-08", newYork) == "2026-03-08T06:00:00-04:00")
        #expect(try instant("03:00:00", "2026-03-08", newYork) == "2026-03-08T03:00:00-04:00")
        #expect(try instant("02:30:00", "2026-03-08", newYork) == "2026-03-08T01:30:00-05:00")
        #expect(try instant("00:00:00", "2026-03-08", newYork) == "2026-03-07T23:00:00-05:00")
        // A bus of the evening before that leaves after the change.
        #expect(try instant("27:30:00", "2026-03-07", newYork) == "2026-03-08T04:30:00-04:00")
    }

    /// The clocks go from 2:00 back to 1:00 on 1 November 2026: the service day begins, by the clock, at 1:00 of the first
    /// time around.
    @Test func fallBack() throws {
        #expect(try instant("12:00:00", "2026-11-01", newYork) == "2026-11-01T12:00:00-05:00")
        #expect(try instant("01:30:00", "2026-11-01", newYork) == "2026-11-01T01:30:00-05:00")
        #expect(try instant("00:30:00", "2026-11-01", newYork) == "2026-11-01T01:30:00-04:00")
        #expect(try instant("00:00:00", "2026-11-01", newYork) == "2026-11-01T01:00:00-04:00")
        #expect(try instant("25:30:00", "2026-10-31", newYork) == "2026-11-01T01:30:00-04:00")
    }

    @Test func timesKeepTheirOrderAndDistanceWhenTheClocksChange() throws {
        for text in ["2026-03-08", "2026-11-01"] {
            let date = try #require(CivilDate(text))
            let instants = (0..<30).map { ServiceTime(seconds: $0 * 3600).instant(on: date, in: newYork).milliseconds }
            #expect(zip(instants, instants.dropFirst()).allSatisfy { $1 - $0 == 3_600_000 })
        }
    }

    @Test func todayIsTheOperatorsDay() throws {
        let late = try #require(Timestamp("2026-11-23T20:00:00Z"))
        #expect(CivilDate(late, in: india).description == "2026-11-24")
        #expect(CivilDate(late, in: newYork).description == "2026-11-23")
        let beforeEpoch = Timestamp(milliseconds: -1)
        #expect(CivilDate(beforeEpoch, in: TimeZone(identifier: "UTC")!).description == "1969-12-31")
    }
}

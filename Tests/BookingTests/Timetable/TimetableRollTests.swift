import CommandBus
import Foundation
import Support
import Testing

@testable import Booking

@Suite("Rolling the timetable forward")
struct TimetableRollTests {
    @Test func makesWhatIsStillToLeaveUpToTheHorizon() async throws {
        let bench = try await TimetableBench()
        try await bench.take(FeedFixture.feed())
        #expect(try await bench.roll(days: 1) == TimetableRoller.Summary(made: 3, departed: 0))
        #expect(
            try await bench.departures() == [
                // Today's bus of 8:00 had left before there was a timetable; it was never on sale.
                "night 2026-11-24 2026-11-25T00:30:00+05:30 scheduled 40/40 2000",
                "day 2026-11-25 2026-11-25T08:00:00+05:30 scheduled 40/40 2000",
                "night 2026-11-25 2026-11-26T00:30:00+05:30 scheduled 40/40 2000",
            ]
        )
        #expect(bench.announced == 3)
    }

    @Test("yesterday's service day is not over while it has buses to run")
    func pastMidnight() async throws {
        let bench = try await TimetableBench(now: "2026-11-25T00:10:00+05:30")
        try await bench.take(FeedFixture.feed())
        try await bench.roll(days: 0)
        #expect(
            try await bench.departures() == [
                "night 2026-11-24 2026-11-25T00:30:00+05:30 scheduled 40/40 2000",
                "day 2026-11-25 2026-11-25T08:00:00+05:30 scheduled 40/40 2000",
                "night 2026-11-25 2026-11-26T00:30:00+05:30 scheduled 40/40 2000",
            ]
        )
    }

    @Test func rollingAgainChangesNothing() async throws {
        let bench = try await TimetableBench()
        try await bench.take(FeedFixture.feed())
        try await bench.roll()
        let (before, announced) = (try await bench.departures(), bench.announced)
        #expect(try await bench.roll() == TimetableRoller.Summary())
        #expect(try await bench.departures() == before)
        #expect(bench.announced == announced)
    }

    @Test("two that roll at once make each departure once")
    func racing() async throws {
        let bench = try await TimetableBench()
        try await bench.take(FeedFixture.feed())
        let made = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { try await bench.roll(days: 10).made } }
            return try await group.reduce(0, +)
        }
        #expect(made == 21)
        #expect(try await bench.departures().count == 21)
    }

    @Test("many buses are rolled in several units of work, over several calendars")
    func batches() async throws {
        let bench = try await TimetableBench()
        var (trips, times) = ("route_id,service_id,trip_id\n", "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n")
        for number in 0..<1201 {
            trips += "R,\(number < 700 ? "D" : "E"),t\(number)\n"
            times += "t\(number),8:00:00,8:00:00,a,1\nt\(number),9:00:00,9:00:00,b,2\n"
        }
        let calendar = FeedFixture.sound["calendar.txt", default: ""]
        let both = calendar + "E,1,1,1,1,1,1,1,20261101,20271031\n"
        try await bench.take(
            FeedFixture.feed(["trips.txt": trips, "stop_times.txt": times, "calendar.txt": both])
        )
        // Today's have all left.
        #expect(try await bench.roll(days: 2) == TimetableRoller.Summary(made: 2402, departed: 0))
        #expect(try await bench.roll(days: 2) == TimetableRoller.Summary())
        bench.clock.advance(seconds: 86_400)
        #expect(try await bench.roll(days: 2) == TimetableRoller.Summary(made: 1201, departed: 1201))
    }

    @Test func whatHasLeftIsMarkedAndKept() async throws {
        let bench = try await TimetableBench()
        try await bench.take(FeedFixture.feed())
        try await bench.roll(days: 1)
        try await bench.sellSeat("night", "2026-11-24")
        bench.clock.set(Timestamp("2026-11-25T00:30:00+05:30")!)
        #expect(try await bench.roll(days: 1) == TimetableRoller.Summary(made: 2, departed: 1))
        #expect(try await bench.departures().first == "night 2026-11-24 2026-11-25T00:30:00+05:30 departed 39/40 2000")
        bench.clock.set(Timestamp("2026-11-25T12:00:00+05:30")!)
        #expect(try await bench.roll(days: 1).departed == 1)
        #expect(try await bench.departures().first == "night 2026-11-24 2026-11-25T00:30:00+05:30 departed 39/40 2000")
    }

    @Test func aDepartureThatBoardsIsLeftToItsConductor() async throws {
        let bench = try await TimetableBench()
        try await bench.take(FeedFixture.feed())
        try await bench.roll(days: 0)
        _ = try await bench.run { work in
            try work.tx.setState(.boarding, of: .of(BusID(trusted: "night"), on: CivilDate("2026-11-24")!))
        }
        bench.clock.set(Timestamp("2026-11-25T00:45:00+05:30")!)
        #expect(try await bench.roll(days: 0).departed == 0)
    }

    @Test("identifiers follow from the bus and the date, and differ between all of them")
    func identifiers() throws {
        let date = CivilDate("2026-11-24")!
        let id = DepartureID.of(BusID(trusted: "day"), on: date)
        #expect(id == .of(BusID(trusted: "day"), on: date))
        #expect(id.raw.utf8.count == 22)
        #expect(try DepartureID(refining: id.raw) == id)
        let all = (0..<100).flatMap { bus in
            (0..<100).map { DepartureID.of(BusID(trusted: "b\(bus)"), on: date.adding(days: $0)) }
        }
        #expect(Set(all).count == 10_000)
    }

    @Test("a bus keeps the time of its zone when the clocks change")
    func daylightSaving() async throws {
        let bench = try await TimetableBench(now: "2026-10-30T12:00:00Z")
        let calendar = FeedFixture.sound["calendar.txt"]!.replacing("20261101", with: "20261001")
        try await bench.take(
            FeedFixture.feed([
                "agency.txt": "agency_id,agency_timezone\nA,America/New_York\n", "calendar.txt": calendar,
            ])
        )
        try await bench.roll(days: 2)
        let times = try await bench.departures().filter { $0.hasPrefix("day") }.map { $0.split(separator: " ")[2] }
        #expect(times == ["2026-10-31T08:00:00-04:00", "2026-11-01T08:00:00-05:00"])
    }
}

import CommandBus
import Foundation
import Support
import Testing

@testable import Booking

@Suite("Importing a timetable")
struct TimetableImportTests {
    private func call(_ stop: String, _ time: String) throws -> BusCall {
        let time = try #require(ServiceTime(time))
        return BusCall(stop: StopID(trusted: stop), arrival: time, departure: time)
    }

    @Test func whatWasImportedCanBeRead() async throws {
        let bench = try await TimetableBench()
        let exceptions = "service_id,date,exception_type\nD,20261224,2\nD,20271224,1\n"
        let report = try await bench.take(FeedFixture.feed(["calendar_dates.txt": exceptions]))
        #expect(report.lines == ["1 route, 3 stops and 2 buses imported from fixture; 0 corrected, 0 refused"])
        let (bus, calendar, stop, route) = try await bench.store.read { snapshot in
            (
                try snapshot.bus(BusID(trusted: "night")), try snapshot.calendars()[ServiceID(trusted: "D")],
                try snapshot.stop(StopID(trusted: "b")), try snapshot.route(RouteID(trusted: "R"))
            )
        }
        #expect(
            try bus
                == Bus(
                    id: BusID(trusted: "night"), route: RouteID(trusted: "R"), direction: .inbound, headsign: "Alpha",
                    calls: [
                        call("c", "24:30:00"), call("a", "24:50:00"),
                    ],
                    service: ServiceID(trusted: "D"), capacity: 40,
                    fare: Money(amount: 2000, currency: CurrencyCode(trusted: "INR")), zone: bench.zone, origin: .imported
                )
        )
        #expect(
            calendar
                == ServiceCalendar(
                    periods: [
                        ServicePeriod(first: CivilDate("2026-11-01")!, last: CivilDate("2027-10-31")!, days: .everyDay)
                    ],
                    added: [CivilDate("2027-12-24")!], removed: [CivilDate("2026-12-24")!]
                )
        )
        #expect(stop == Stop(id: StopID(trusted: "b"), name: "Beta", location: .init(latitude: 12.8, longitude: 77.6)))
        #expect(route == BusRoute(id: RouteID(trusted: "R"), name: "Main Line", shortName: "1"))
    }

    @Test("a calendar that is over is imported, and said to be")
    func overCalendar() async throws {
        let bench = try await TimetableBench()
        let feed = try GTFSFeed.read(
            FeedFiles(source: "campus", contents: FeedFixture.campus.mapValues { Array($0.utf8) })
        )
        let report = try await bench.take(feed)
        #expect(
            report.findings.contains(
                "calendar.txt: note: the last day of service was 2013-05-12, and is over; "
                    + "nothing will run: use --shift-to 2026-11-24"
            )
        )
        #expect(
            report.findings.first
                == "agency.txt: note: its times are in America/New_York, the operator is in Asia/Kolkata; "
                + "taken as they are meant"
        )
        #expect(try await bench.roll(days: 10).made == 0)

        let shifted = try await bench.take(feed, bench.options(shiftTo: "2026-11-24"))
        #expect(
            shifted.findings.contains(
                "calendar.txt: note: service is from 2012-09-01 to 2013-05-12; "
                    + "moved to 2026-11-28 to 2027-08-08, 743 weeks later"
            )
        )
        try await bench.roll(days: 10)
        let departures = try await bench.departures()
        #expect(departures.count == 4)
        #expect(departures.first == "W-WE-1 2026-11-28 2026-11-28T09:30:00-05:00 scheduled 40/40 2000")
    }

    @Test("importing the same feed again changes nothing")
    func repeated() async throws {
        let bench = try await TimetableBench()
        try await bench.take(FeedFixture.feed())
        try await bench.roll()
        let (before, announced) = (try await bench.departures(), bench.announced)
        let report = try await bench.take(FeedFixture.feed())
        #expect((report.ended, report.changed, report.withdrawn) == (0, 0, 0))
        #expect(try await bench.departures() == before)
        #expect(bench.announced == announced)
    }

    @Test("departures with no seat sold follow their bus, others stay as they are")
    func newTerms() async throws {
        let bench = try await TimetableBench()
        try await bench.take(FeedFixture.feed())
        try await bench.roll(days: 1)
        try await bench.sellSeat("night", "2026-11-25")
        let times = FeedFixture.sound["stop_times.txt"]!.replacing("24:30:00", with: "24:20:00")
        let report = try await bench.take(
            FeedFixture.feed(["stop_times.txt": times]), bench.options(capacity: 30, fare: 2500)
        )
        #expect(
            try await bench.departures() == [
                "night 2026-11-24 2026-11-25T00:20:00+05:30 scheduled 30/30 2500",
                "day 2026-11-25 2026-11-25T08:00:00+05:30 scheduled 30/30 2500",
                "night 2026-11-25 2026-11-26T00:30:00+05:30 scheduled 39/40 2000",
            ]
        )
        #expect((report.changed, report.withdrawn) == (2, 0))
        #expect(
            report.findings == [
                "trips.txt: note: bus 'night' on 2026-11-25 has other terms now, but 1 seat is sold; it keeps the old ones"
            ]
        )
        #expect(bench.announced == 3 + 2)
    }

    @Test("a bus that is gone from the feed ends; what was sold runs, and it may come back")
    func vanishedBus() async throws {
        let bench = try await TimetableBench()
        try await bench.take(FeedFixture.feed())
        try await bench.roll(days: 2)
        try await bench.sellSeat("night", "2026-11-25")
        let trips = "route_id,service_id,trip_id\nR,D,day\n"
        let times = FeedFixture.sound["stop_times.txt"]!.split(separator: "\n").filter { !$0.hasPrefix("night") }
        let shrunk = ["trips.txt": trips, "stop_times.txt": times.joined(separator: "\n")]
        let report = try await bench.take(FeedFixture.feed(shrunk))
        #expect(
            report.lines == [
                "trips.txt: note: bus 'night' is no longer in the feed; it is ended",
                "trips.txt: note: bus 'night' on 2026-11-25 is no longer in the timetable, but 1 seat is sold; "
                    + "it stays as it is",
                "1 route, 3 stops and 1 bus imported from fixture; 0 corrected, 0 refused; 1 bus ended; "
                    + "2 departures withdrawn",
            ]
        )
        let nights = try await bench.departures().filter { $0.hasPrefix("night") }
        #expect(
            nights == [
                "night 2026-11-24 2026-11-25T00:30:00+05:30 cancelled 40/40 2000",
                "night 2026-11-25 2026-11-26T00:30:00+05:30 scheduled 39/40 2000",
                "night 2026-11-26 2026-11-27T00:30:00+05:30 cancelled 40/40 2000",
            ]
        )
        #expect(try await bench.roll(days: 3).made == 1)

        try await bench.take(FeedFixture.feed())
        #expect(try await bench.departures().filter { $0.contains("cancelled") }.isEmpty)
        #expect(try await bench.roll(days: 3).made == 1)
    }

    @Test("a departure that staff cancelled stays cancelled")
    func cancelledByStaff() async throws {
        let bench = try await TimetableBench()
        try await bench.take(FeedFixture.feed())
        try await bench.roll(days: 0)
        let id = DepartureID.of(BusID(trusted: "night"), on: CivilDate("2026-11-24")!)
        _ = try await bench.run { work in try work.tx.setState(.cancelled, of: id) }
        let report = try await bench.take(FeedFixture.feed(), bench.options(capacity: 10))
        #expect(report.changed == 0)
        #expect(try await bench.departures() == ["night 2026-11-24 2026-11-25T00:30:00+05:30 cancelled 40/40 2000"])
    }

    @Test("a date that is taken out of the calendar withdraws its departures")
    func newException() async throws {
        let bench = try await TimetableBench()
        try await bench.take(FeedFixture.feed())
        try await bench.roll(days: 2)
        let exceptions = "service_id,date,exception_type\nD,20261125,2\n"
        let report = try await bench.take(FeedFixture.feed(["calendar_dates.txt": exceptions]))
        #expect(report.withdrawn == 2)
        #expect(
            try await bench.departures().filter { $0.contains("cancelled") }.map { $0.prefix(16) }
                == ["day 2026-11-25 2", "night 2026-11-25"]
        )
    }

    @Test("a bus that staff entered is not touched")
    func staffBus() async throws {
        let bench = try await TimetableBench()
        try await bench.take(FeedFixture.feed())
        try await bench.run { work in
            let bus = try #require(try work.tx.bus(BusID(trusted: "day")))
            try work.tx.put(
                Bus(
                    id: bus.id, route: bus.route, direction: bus.direction, headsign: "By hand", calls: bus.calls,
                    service: bus.service, capacity: 7, fare: bus.fare, zone: bus.zone, origin: .staff
                )
            )
        }
        let report = try await bench.take(FeedFixture.feed())
        #expect(
            report.findings == [
                "trips.txt:2: refused: staff entered a bus with the identifier 'day'; the trip is left out"
            ]
        )
        let bus = try await bench.store.read { try $0.bus(BusID(trusted: "day")) }
        #expect(bus?.capacity == 7)
    }

    @Test("an import that is refused leaves everything as it was")
    func refusedAsAWhole() async throws {
        let bench = try await TimetableBench()
        try await bench.take(FeedFixture.feed())
        try await bench.roll(days: 1)
        try await bench.run { work in
            for bus in try work.tx.buses(after: nil, limit: 10) {
                try work.tx.put(
                    Bus(
                        id: bus.id, route: bus.route, direction: bus.direction, headsign: nil, calls: bus.calls,
                        service: bus.service, capacity: 7, fare: bus.fare, zone: bus.zone, origin: .staff
                    )
                )
            }
        }
        let (before, announced) = (try await bench.departures(), bench.announced)
        let stops = FeedFixture.sound["stops.txt"]?.replacing("Alpha", with: "Omega")
        await #expect(throws: FeedRefused.self) { try await bench.take(FeedFixture.feed(["stops.txt": stops])) }
        #expect(try await bench.store.read { try $0.stop(StopID(trusted: "a"))?.name } == "Alpha")
        #expect(try await bench.departures() == before)
        #expect(bench.announced == announced)
    }

    @Test("pages of departures follow one another, and filters narrow them")
    func pages() async throws {
        let bench = try await TimetableBench()
        try await bench.take(FeedFixture.feed())
        try await bench.roll(days: 5)
        let (all, paged, ofDay, fromC, none) = try await bench.store.read { snapshot in
            var paged: [DepartureRecord] = []
            var query = DepartureQuery(limit: 2)
            while true {
                let page = try snapshot.departures(query)
                guard let last = page.last else { break }
                paged += page
                query.after = .init(departsAt: last.departsAt, id: last.id)
            }
            return (
                try snapshot.departures(DepartureQuery(limit: 100)), paged,
                try snapshot.departures(DepartureQuery(date: CivilDate("2026-11-26")!, limit: 100)),
                try snapshot.departures(DepartureQuery(from: StopID(trusted: "c"), to: StopID(trusted: "a"), limit: 100)),
                try snapshot.departures(DepartureQuery(from: StopID(trusted: "b"), limit: 100))
            )
        }
        #expect(all.count == 11)
        #expect(paged == all)
        #expect(ofDay.map(\.bus.raw) == ["day", "night"])
        #expect(fromC.count == 6)
        #expect(none.isEmpty)
    }
}

import CommandBus
import Foundation
import Support
import Testing

@testable import Booking

@Suite("Reading GTFS")
struct GTFSReaderTests {
    private func findings(_ changes: [String: String?]) throws -> [String] {
        try FeedFixture.feed(changes).log.lines
    }

    private func refusal(_ changes: [String: String?]) -> FeedRefused? {
        #expect(throws: FeedRefused.self) { try FeedFixture.feed(changes) }
    }

    @Test func aSoundFeedHasNoFindings() throws {
        let feed = try FeedFixture.feed()
        #expect(feed.log.lines.isEmpty)
        #expect(feed.zone.identifier == "Asia/Kolkata")
        #expect(feed.routes.map(\.name) == ["Main Line"])
        #expect(feed.stops.map(\.name) == ["Alpha", "Beta", "Gamma"])
        #expect(feed.trips.map(\.id.raw) == ["day", "night"])
        #expect(feed.trips.map(\.direction) == [.outbound, .inbound])
        #expect(feed.trips[0].calls.map(\.departure.description) == ["08:00:00", "08:11:00", "08:20:00"])
        #expect(feed.trips[1].calls[0].departure.description == "24:30:00")
    }

    @Test("the campus feed's warts are found, each with its line")
    func campus() throws {
        let contents = FeedFixture.campus.mapValues { Array($0.utf8) }
        let feed = try GTFSFeed.read(FeedFiles(source: "campus", contents: contents))
        #expect(
            feed.log.lines == [
                "stops.txt:3: note: no trip halts at 'beman'; taken all the same",
                "calendar.txt:3: note: no trip keeps service 'W-WD'; nothing runs by it",
                "calendar.txt:4: corrected: service_id 'W-WE' is there already, on line 2, which GTFS does not allow; "
                    + "both periods are kept",
                "calendar.txt:5: corrected: service_id 'W-WD' is there already, on line 3, which GTFS does not allow; "
                    + "both periods are kept",
                "calendar_dates.txt: note: there is a header but no row; nothing to take",
                "stop_times.txt:7: corrected: trip 'W-WE-2': 16:02:00 at 'west' runs backwards between the halts around it; "
                    + "16:10:30 is taken, interpolated",
            ]
        )
        #expect(feed.log.corrected == 3)
        #expect(feed.log.refused == 0)
        #expect(feed.trips.count == 2)
        #expect(feed.trips[1].calls.first?.stop == feed.trips[1].calls.last?.stop)
        let calendar = try #require(feed.calendars[ServiceID(trusted: "W-WE")])
        #expect(calendar.runs(on: CivilDate("2012-12-16")!))
        #expect(!calendar.runs(on: CivilDate("2012-12-23")!))
        #expect(calendar.runs(on: CivilDate("2013-01-19")!))
    }

    static let realFeed = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/data/gtfs-rpi").standardizedFileURL.path

    @Test("the real campus feed is taken as it is", .enabled(if: FileManager.default.fileExists(atPath: realFeed)))
    func realCampus() throws {
        let feed = try GTFSFeed.read(FeedFiles.load(Self.realFeed))
        #expect((feed.routes.count, feed.stops.count, feed.trips.count) == (3, 15, 35))
        #expect((feed.log.corrected, feed.log.refused) == (7, 0))
        let services = ["W-WE", "W-WD", "E-WE", "E-WD", "ET-WE", "ET-WD"]
        #expect(
            feed.log.lines
                == ["stops.txt:5: note: no trip halts at 'beman'; taken all the same"]
                + [3, 5, 7].map { line in
                    "calendar.txt:\(line): note: no trip keeps service '\(services[line - 2])'; nothing runs by it"
                }
                + services.enumerated().map { index, service in
                    "calendar.txt:\(index + 8): corrected: service_id '\(service)' is there already, on line \(index + 2), "
                        + "which GTFS does not allow; both periods are kept"
                }
                + [
                    "calendar_dates.txt: note: there is a header but no row; nothing to take",
                    "stop_times.txt:98: corrected: trip 'W-WE-16': 16:02:00 at 'city-station' runs backwards between the "
                        + "halts around it; 16:10:30 is taken, interpolated",
                ]
        )
        #expect(feed.trips.map(\.calls.count).reduce(0, +) == 259)
    }

    @Test("unknown references are refused with their line")
    func unknownReferences() throws {
        let trips = "route_id,service_id,trip_id\nR,D,day\nX,D,lost\nR,Y,never\nR,D,night\n"
        let times =
            FeedFixture.sound["stop_times.txt"]!
            + "day,8:30:00,8:30:00,z,4\nnobody,8:00:00,8:00:00,a,1\nlost,8:00:00,8:00:00,a,1\n"
        #expect(
            try findings(["trips.txt": trips, "stop_times.txt": times]) == [
                "trips.txt:3: refused: route_id 'X' is no route of routes.txt; the trip is left out",
                "trips.txt:4: refused: service_id 'Y' is in no calendar; the trip is left out",
                "stop_times.txt: note: 1 row belongs to trips that were refused; left out with them",
                "stop_times.txt:7: refused: stop_id 'z' is no stop of stops.txt; the row is left out",
                "stop_times.txt:8: refused: trip_id 'nobody' is no trip of trips.txt; the row is left out",
            ]
        )
    }

    @Test("what is there twice is refused")
    func duplicates() throws {
        let stops = FeedFixture.sound["stops.txt"]! + "a,Again,1,1\n"
        let trips = FeedFixture.sound["trips.txt"]! + "R,D,day,Again,0\n"
        let times = FeedFixture.sound["stop_times.txt"]! + "day,8:30:00,8:30:00,a,3\n"
        #expect(
            try findings(["stops.txt": stops, "trips.txt": trips, "stop_times.txt": times]) == [
                "stops.txt:5: refused: stop_id 'a' is there already, on line 2; the row is left out",
                "trips.txt:4: refused: trip_id 'day' is there already, on line 2; the row is left out",
                "stop_times.txt:7: refused: trip 'day' has stop_sequence 3 already, on line 4; the row is left out",
            ]
        )
    }

    @Test func tripsWithoutStopTimesAreRefused() throws {
        let trips = FeedFixture.sound["trips.txt"]! + "R,D,ghost,,\n"
        #expect(
            try findings(["trips.txt": trips]) == [
                "trips.txt:4: refused: trip 'ghost': it has no stop times; the trip is left out"
            ]
        )
    }

    @Test("a stop without a place on Earth is taken without one")
    func coordinates() throws {
        let stops = "stop_id,stop_name,stop_lat,stop_lon\na,Alpha,91,77\nb,Beta,0,0\nc,,x,77\n"
        let feed = try FeedFixture.feed(["stops.txt": stops])
        #expect(feed.stops.allSatisfy { $0.location == nil })
        #expect(
            feed.log.lines == [
                "stops.txt:2: corrected: stop_lat and stop_lon '91', '77' are no place on Earth; "
                    + "the stop is taken without them",
                "stops.txt:3: corrected: stop_lat and stop_lon '0', '0' are no place on Earth; "
                    + "the stop is taken without them",
                "stops.txt:4: corrected: stop_name is empty; it is called 'c'",
                "stops.txt:4: corrected: stop_lat and stop_lon 'x', '77' are no place on Earth; "
                    + "the stop is taken without them",
            ]
        )
    }

    @Test("rows that are not whole are refused, one by one")
    func brokenRows() throws {
        let stops =
            "stop_id,stop_name,stop_lat,stop_lon\na,Alpha,12.9,77.5,,\nb,Beta,12.8,77.6\nc,Gamma,12.7\n"
            + "c,\"Gam\"ma,12.7,77.7\nc,Gamma,12.7,77.7,x\nc,Gamma,12.7,77.7\n"
        #expect(
            try findings(["stops.txt": stops]) == [
                "stops.txt:2: corrected: the row ends in surplus commas; they are passed over",
                "stops.txt:4: refused: the row has 3 fields, the header has 4; the row is left out",
                "stops.txt:5: refused: there is text between a closing quote and the next comma; the row is left out",
                "stops.txt:6: refused: the row has 5 fields, the header has 4; the row is left out",
            ]
        )
    }

    @Test func textThatIsNotUTF8IsRefusedByTheLine() throws {
        var contents = FeedFixture.files().contents
        contents["stops.txt"]?.append(contentsOf: Array("d,Caf".utf8) + [0xE9] + Array(",12.6,77.8\n".utf8))
        let feed = try GTFSFeed.read(FeedFiles(source: "fixture", contents: contents))
        #expect(feed.log.lines == ["stops.txt:5: refused: the text is not UTF-8; the row is left out"])
    }

    @Test func calendarsThatMeanNothingAreRefused() throws {
        let calendar =
            FeedFixture.sound["calendar.txt"]!
            + "E,1,1,1,1,1,1,1,20271101,20261101\nF,1,1,1,1,1,1,2,20261101,20271101\nG,1,1,1,1,1,1,1,20261301,20271101\n"
        let exceptions = "service_id,date,exception_type\nD,20261224,2\nD,20261224,1\nD,20261225,3\n"
        let feed = try FeedFixture.feed(["calendar.txt": calendar, "calendar_dates.txt": exceptions])
        #expect(
            feed.log.lines == [
                "calendar.txt:3: refused: end_date 2026-11-01 is before start_date 2027-11-01; the row is left out",
                "calendar.txt:4: refused: sunday '2' is neither 0 nor 1; the row is left out",
                "calendar.txt:5: refused: start_date '20261301' is not a date like 20261124; the row is left out",
                "calendar_dates.txt:3: refused: 'D' has an exception on 2026-12-24 already, on line 2; the row is left out",
                "calendar_dates.txt:4: refused: exception_type '3' is neither 1 nor 2; the row is left out",
            ]
        )
        #expect(feed.calendars[ServiceID(trusted: "D")]?.runs(on: CivilDate("2026-12-24")!) == false)
    }

    @Test func calendarDatesAloneAreEnough() throws {
        let exceptions = "service_id,date,exception_type\nD,20261224,1\n"
        let feed = try FeedFixture.feed(["calendar.txt": nil, "calendar_dates.txt": exceptions])
        #expect(feed.serviceDates == CivilDate("2026-12-24")!...CivilDate("2026-12-24")!)
    }

    @Test("identifiers that are none here are mapped, always to the same")
    func identifiers() throws {
        let change = ["trips.txt", "stop_times.txt"].reduce(into: [String: String?]()) { changes, name in
            changes[name] = FeedFixture.sound[name]?.replacing("day,", with: "Früh 1,")
        }
        let feed = try FeedFixture.feed(change)
        let id = try #require(feed.trips.first?.id)
        #expect(id.raw.hasPrefix("Fr_h_1."))
        #expect(try BusID(refining: id.raw) == id)
        #expect(try FeedFixture.feed(change).trips.first?.id == id)
        #expect(
            feed.log.lines == [
                "trips.txt:2: note: trip_id 'Früh 1' has characters that an identifier can't have, or too many; "
                    + "it is known as '\(id.raw)'"
            ]
        )
    }

    @Test("trips at exact headways are laid out, others refused")
    func frequencies() throws {
        let frequencies =
            "trip_id,start_time,end_time,headway_secs,exact_times\n"
            + "day,6:00:00,7:00:00,1200,1\nnight,22:00:00,23:00:00,600,0\n"
        let feed = try FeedFixture.feed(["frequencies.txt": frequencies])
        #expect(feed.trips.map(\.id.raw) == ["day:06:00:00", "day:06:20:00", "day:06:40:00"])
        #expect(feed.trips[1].calls.map(\.departure.description) == ["06:20:00", "06:31:00", "06:40:00"])
        #expect(
            feed.log.lines == [
                "frequencies.txt:3: refused: trip 'night' runs every so often, not at exact times, so no seat in it can be "
                    + "booked; it does not run in these hours"
            ]
        )
    }

    @Test("times that are none are taken as not given")
    func badTimes() throws {
        let times = FeedFixture.sound["stop_times.txt"]!.replacing("8:10:00,8:11:00", with: "soon,later")
        let feed = try FeedFixture.feed(["stop_times.txt": times])
        #expect(feed.trips[0].calls[1].arrival.description == "08:10:00")
        #expect(feed.log.corrected == 2)
    }

    @Test("without what it stands on, a feed is refused as a whole")
    func fatal() {
        #expect(refusal(["agency.txt": nil])?.reason == "agency.txt is missing")
        #expect(refusal(["stop_times.txt": nil])?.reason == "stop_times.txt is missing")
        #expect(refusal(["trips.txt": "route_id,trip_id\nR,day\n"])?.reason == "trips.txt can't be used")
        #expect(
            refusal(["calendar.txt": nil])?.reason
                == "neither calendar.txt nor calendar_dates.txt says when anything runs"
        )
        #expect(refusal(["trips.txt": "route_id,service_id,trip_id\n"])?.reason == "none of its trips can run")
        let zoneless = refusal(["agency.txt": "agency_id,agency_timezone\nA,Mars/Base\n"])
        #expect(zoneless?.reason == "no agency has a time zone, so its times mean nothing")
        #expect(
            zoneless?.findings == [
                "agency.txt:2: refused: agency_timezone 'Mars/Base' is not a time zone; the agency is left out"
            ]
        )
    }

    @Test func agenciesInDifferentZonesAreRefused() throws {
        let agencies = "agency_id,agency_timezone\nA,Asia/Kolkata\nB,Europe/Paris\n"
        let routes = FeedFixture.sound["routes.txt"]! + "S,B,2,Other,3\n"
        #expect(
            try findings(["agency.txt": agencies, "routes.txt": routes]) == [
                "agency.txt:3: refused: agency_timezone 'Europe/Paris' is not the one of the agency before, as GTFS demands"
                    + "; the agency is left out",
                "routes.txt:3: refused: agency_id 'B' is not in agency.txt; the route is left out",
            ]
        )
    }

    @Test("a flood of findings is counted, and kept in words up to a bound")
    func flood() throws {
        let stops = FeedFixture.sound["stops.txt"]! + String(repeating: "x\n", count: 5000)
        let feed = try FeedFixture.feed(["stops.txt": stops])
        #expect(feed.log.refused == 5000)
        #expect(feed.log.lines.count == 1001)
        #expect(feed.log.lines.last == "stops.txt: and 4000 more of that file")
    }
}

import Booking
import CommandBus
import Foundation

/// The timetable of the demo: an invented town, three lines, departures at any time of any day.
///
/// It is a GTFS feed like any other, and goes in through the same import. Nothing in it depends on anything but the start
/// and the zone.
struct DemoFeed {
    /// The day of the demo's first departures.
    let start: CivilDate
    let zone: TimeZone

    static let fare = Money(amount: 2000, currency: CurrencyCode(trusted: "INR"))

    /// What the feed itself does not say: 40 seats, 20.00.
    func options() throws -> TimetableImportOptions {
        TimetableImportOptions(capacity: try SeatCapacity(refining: 40), fare: Self.fare, zone: zone)
    }

    /// The feed, ready to be read.
    func files() -> FeedFiles {
        FeedFiles(source: "the demo's feed", contents: contents().mapValues { Array($0.utf8) })
    }

    /// Writes the feed into a folder, so that it can be looked at, changed and imported again.
    func write(to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, text) in contents() {
            try Data(text.utf8).write(to: folder.appending(path: name), options: .atomic)
        }
    }

    /// The texts of its files by their names.
    func contents() -> [String: String] {
        let trips = trips()
        let first = compact(start.adding(days: -1))
        let last = compact(start.adding(days: 365))
        return [
            "agency.txt": Self.table(
                "agency_id,agency_name,agency_url,agency_timezone",
                ["demo,Lanternbridge Town Shuttle,https://shuttle.lanternbridge.test,\(zone.identifier)"]
            ),
            "stops.txt": Self.table(
                "stop_id,stop_name,stop_lat,stop_lon",
                Self.stops.map { "\($0.id),\($0.name),\($0.latitude),\($0.longitude)" }
            ),
            "routes.txt": Self.table(
                "route_id,agency_id,route_short_name,route_long_name,route_type",
                Self.lines.map { "\($0.id),demo,\($0.shortName),\($0.name),3" }
            ),
            "calendar.txt": Self.table(
                "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
                ["daily,1,1,1,1,1,1,1,\(first),\(last)"]
            ),
            "trips.txt": Self.table(
                "route_id,service_id,trip_id,trip_headsign,direction_id",
                trips.map { "\($0.line),daily,\($0.id),\($0.headsign),\($0.direction)" }
            ),
            "stop_times.txt": Self.table(
                "trip_id,arrival_time,departure_time,stop_id,stop_sequence", trips.flatMap(Self.stopTimes)
            ),
        ]
    }
}

// MARK: - The town

extension DemoFeed {
    private struct TownStop {
        let id: String
        let name: String
        let latitude: String
        let longitude: String
    }

    private struct Line {
        let id: String
        let shortName: String
        let name: String
        /// Stops and the minutes from the first of them.
        let way: [(stop: String, minute: Int)]
        /// What the bus says on its way there and, unless it goes in a circle, on its way back.
        let headsigns: [String]
        /// Minutes since the beginning of the service day.
        let starts: [Int]
    }

    private struct DemoTrip {
        let id: String
        let line: String
        let headsign: String
        let direction: Int
        let halts: [(stop: String, minute: Int)]
    }

    private static let stops = [
        TownStop(id: "station", name: "Railway Station", latitude: "12.97160", longitude: "77.59460"),
        TownStop(id: "market", name: "Old Market", latitude: "12.97412", longitude: "77.59891"),
        TownStop(id: "bridge", name: "Lantern Bridge", latitude: "12.97655", longitude: "77.60207"),
        TownStop(id: "hospital", name: "City Hospital", latitude: "12.97901", longitude: "77.60633"),
        TownStop(id: "harbour", name: "Harbour", latitude: "12.98230", longitude: "77.61102"),
        TownStop(id: "library", name: "Library", latitude: "12.96803", longitude: "77.60018"),
        TownStop(id: "campus", name: "University Campus", latitude: "12.96411", longitude: "77.60477"),
        TownStop(id: "hill", name: "Hill Gardens", latitude: "12.96077", longitude: "77.61020"),
    ]

    private static let lines = [
        Line(
            id: "harbour", shortName: "1", name: "Harbour Line",
            way: [("station", 0), ("market", 4), ("bridge", 8), ("hospital", 13), ("harbour", 20)],
            headsigns: ["Harbour", "Railway Station"], starts: Array(stride(from: 5 * 60, through: 23 * 60 + 30, by: 30))
        ),
        Line(
            id: "campus", shortName: "2", name: "Campus Line",
            way: [("station", 0), ("library", 6), ("campus", 12), ("hill", 19)],
            headsigns: ["Hill Gardens", "Railway Station"],
            starts: Array(stride(from: 6 * 60 + 15, through: 22 * 60 + 15, by: 60))
        ),
        // Its last two leave after midnight, on the service day of the evening before.
        Line(
            id: "night", shortName: "N", name: "Night Loop",
            way: [("station", 0), ("market", 5), ("harbour", 17), ("campus", 32), ("station", 42)],
            headsigns: ["Night Loop"], starts: [23 * 60 + 45, 24 * 60 + 45, 25 * 60 + 45]
        ),
    ]

    private func trips() -> [DemoTrip] {
        Self.lines.flatMap { line in
            line.headsigns.indices.flatMap { direction in
                line.starts.map { start in
                    let length = line.way.last?.minute ?? 0
                    let way = direction == 0 ? line.way : line.way.reversed().map { ($0.stop, length - $0.minute) }
                    let sign = direction == 0 ? "out" : "in"
                    return DemoTrip(
                        id: "\(line.id)-\(sign)-\(Self.clock(start, separator: ""))", line: line.id,
                        headsign: line.headsigns[direction], direction: direction,
                        halts: way.map { ($0.stop, start + $0.minute) }
                    )
                }
            }
        }
    }

    private static func stopTimes(of trip: DemoTrip) -> [String] {
        trip.halts.enumerated().map { index, halt in
            let time = clock(halt.minute, separator: ":") + ":00"
            return "\(trip.id),\(time),\(time),\(halt.stop),\(index + 1)"
        }
    }

    private static func table(_ header: String, _ rows: [String]) -> String {
        ([header] + rows).joined(separator: "\n") + "\n"
    }

    private static func clock(_ minute: Int, separator: String) -> String {
        [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: separator)
    }

    private func compact(_ date: CivilDate) -> String {
        date.description.replacing("-", with: "")
    }
}

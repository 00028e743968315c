import CommandBus
import Foundation

/// Reads the files of a feed one after another; what is wrong goes into the log, line by line.
///
/// Files and columns that Farebus has no use for (colours, shapes, fares, transfers) are passed over in silence.
///
/// - SeeAlso: https://gtfs.org/documentation/schedule/reference/
struct GTFSReader {
    let files: FeedFiles
    var log = FindingLog()

    var zone: TimeZone?
    var agencies: Set<String> = []
    var routes: [BusRoute] = []
    var stops: [Stop] = []
    /// By the identifiers of the feed, which need not be ours.
    var routeIDs: [String: RouteID] = [:]
    var stopIDs: [String: StopID] = [:]
    var serviceIDs: [String: ServiceID] = [:]
    var calendars: [ServiceID: ServiceCalendar] = [:]
    var calendarLines: [ServiceID: (file: String, line: Int)] = [:]
    var stopLines: [StopID: Int] = [:]
    var routeLines: [RouteID: Int] = [:]

    init(_ files: FeedFiles) {
        self.files = files
    }

    mutating func read() throws -> GTFSFeed {
        let zone = try readAgencies()
        try readStops()
        try readRoutes()
        try readCalendars()
        let trips = try readTrips()
        noteUnused(trips)
        guard !trips.isEmpty else { throw FeedRefused("none of its trips can run", log) }
        return GTFSFeed(
            source: files.source, zone: zone, routes: routes, stops: stops, calendars: calendars, trips: trips, log: log,
            calendarFile: files.contents["calendar.txt"] == nil ? "calendar_dates.txt" : "calendar.txt"
        )
    }

    /// Opens a file of the feed; nil if there is none that can be used.
    mutating func table(_ file: String, required: [String]) -> GTFSTable? {
        guard let bytes = files.contents[file] else { return nil }
        return GTFSTable(file, bytes, required: required, log: &log)
    }

    /// Opens a file without which there is no timetable.
    mutating func requiredTable(_ file: String, required: [String]) throws -> GTFSTable {
        guard files.contents[file] != nil else { throw FeedRefused("\(file) is missing", log) }
        guard let table = table(file, required: required) else { throw FeedRefused("\(file) can't be used", log) }
        return table
    }

    // MARK: - Agencies

    private mutating func readAgencies() throws -> TimeZone {
        var table = try requiredTable("agency.txt", required: ["agency_timezone"])
        while let row = table.next(&log) {
            let id = row["agency_id"] ?? ""
            let name = row["agency_timezone"] ?? ""
            guard let read = TimeZone(identifier: name) else {
                refuse(table, row, "agency_timezone \(quoted(name)) is not a time zone", "the agency is left out")
                continue
            }
            if let zone, zone != read {
                let what = "agency_timezone \(quoted(name)) is not the one of the agency before, as GTFS demands"
                refuse(table, row, what, "the agency is left out")
                continue
            }
            guard agencies.insert(id).inserted else {
                refuse(table, row, "agency_id \(quoted(id)) is there twice", "the row is left out")
                continue
            }
            zone = read
        }
        guard let zone else { throw FeedRefused("no agency has a time zone, so its times mean nothing", log) }
        return zone
    }

    // MARK: - Stops

    private mutating func readStops() throws {
        var table = try requiredTable("stops.txt", required: ["stop_id"])
        var others = 0
        while let row = table.next(&log) {
            guard let raw = row["stop_id"] else {
                refuse(table, row, "stop_id is empty", "the stop is left out")
                continue
            }
            // Stations, entrances and the like (1 to 4) are no places where a bus halts.
            guard (row["location_type"] ?? "0") == "0" else {
                others += 1
                continue
            }
            guard let id: StopID = identifier(raw, "stop_id", table, row, taken: stopLines) else { continue }
            stopIDs[raw] = id
            stopLines[id] = row.line
            let name = label("stop_name", table, row) ?? defaultName(raw, "stop_name", table, row)
            stops.append(Stop(id: id, name: name, location: location(table, row)))
        }
        if others > 0 {
            log.add(
                .note, table.file, nil,
                others == 1 ? "1 row is a station or an entrance" : "\(others) rows are stations or entrances",
                "left out, because no bus halts there"
            )
        }
        guard !stops.isEmpty else { throw FeedRefused("stops.txt has no stop that can be used", log) }
    }

    private mutating func location(_ table: GTFSTable, _ row: GTFSRow) -> Stop.Location? {
        let (latitude, longitude) = (row["stop_lat"], row["stop_lon"])
        if latitude == nil, longitude == nil { return nil }
        guard let north = latitude.flatMap(Double.init), let east = longitude.flatMap(Double.init),
            (-90...90).contains(north), (-180...180).contains(east),
            // What is said to lie in the sea off Ghana has no coordinates at all.
            north != 0 || east != 0
        else {
            let place = "\(quoted(latitude ?? "")), \(quoted(longitude ?? ""))"
            correct(table, row, "stop_lat and stop_lon \(place) are no place on Earth", "the stop is taken without them")
            return nil
        }
        return Stop.Location(latitude: north, longitude: east)
    }

    // MARK: - Routes

    private mutating func readRoutes() throws {
        var table = try requiredTable("routes.txt", required: ["route_id"])
        while let row = table.next(&log) {
            guard let raw = row["route_id"] else {
                refuse(table, row, "route_id is empty", "the route is left out")
                continue
            }
            if let agency = row["agency_id"], !agencies.contains(agency) {
                refuse(table, row, "agency_id \(quoted(agency)) is not in agency.txt", "the route is left out")
                continue
            }
            guard let id: RouteID = identifier(raw, "route_id", table, row, taken: routeLines) else { continue }
            routeIDs[raw] = id
            routeLines[id] = row.line
            let short = label("route_short_name", table, row)
            let name = label("route_long_name", table, row) ?? short ?? defaultName(raw, "the name", table, row)
            routes.append(BusRoute(id: id, name: name, shortName: short))
        }
        guard !routes.isEmpty else { throw FeedRefused("routes.txt has no route that can be used", log) }
    }

    // MARK: - Shared

    mutating func refuse(_ table: GTFSTable, _ row: GTFSRow, _ what: String, _ done: String) {
        log.add(.refused, table.file, row.line, what, done)
    }

    mutating func correct(_ table: GTFSTable, _ row: GTFSRow, _ what: String, _ done: String) {
        log.add(.corrected, table.file, row.line, what, done)
    }

    /// The identifier for one of the feed; nil, with a finding, if another row has it already.
    mutating func identifier<Kind>(
        _ raw: String, _ column: String, _ table: GTFSTable, _ row: GTFSRow, taken: [Identifier<Kind>: Int]
    ) -> Identifier<Kind>? {
        let id = FeedIdentifier.map(raw, Kind.self)
        if let line = taken[id] {
            refuse(table, row, "\(column) \(quoted(raw)) is there already, on line \(line)", "the row is left out")
            return nil
        }
        if id.raw != raw {
            log.add(
                .note, table.file, row.line,
                "\(column) \(quoted(raw)) has characters that an identifier can't have, or too many",
                "it is known as \(quoted(id.raw))"
            )
        }
        return id
    }

    /// A text for people on one line; nil if there is none.
    mutating func label(_ column: String, _ table: GTFSTable, _ row: GTFSRow) -> String? {
        guard let text = row[column] else { return nil }
        let words = text.split { character in
            character.isWhitespace || character.unicodeScalars.contains { $0.properties.generalCategory == .control }
        }
        let line = words.joined(separator: " ")
        guard line.count <= 200, line.utf8.count <= 800 else {
            correct(table, row, "\(column) has more than 200 characters", "it is cut there")
            return String(String.UnicodeScalarView(line.unicodeScalars.prefix(200)))
        }
        if line.count != text.count {
            correct(table, row, "\(column) has line breaks or surplus spaces", "taken as one line")
        }
        return line.isEmpty ? nil : line
    }

    private mutating func defaultName(_ raw: String, _ what: String, _ table: GTFSTable, _ row: GTFSRow) -> String {
        correct(table, row, "\(what) is empty", "it is called \(quoted(raw))")
        return raw
    }

    private mutating func noteUnused(_ trips: [GTFSFeed.Trip]) {
        let (usedServices, usedRoutes) = (Set(trips.map(\.service)), Set(trips.map(\.route)))
        let usedStops = Set(trips.lazy.flatMap(\.calls).map(\.stop))
        for (service, place) in calendarLines where !usedServices.contains(service) {
            log.add(.note, place.file, place.line, "no trip keeps service \(quoted(service.raw))", "nothing runs by it")
        }
        for (route, line) in routeLines where !usedRoutes.contains(route) {
            log.add(.note, "routes.txt", line, "route \(quoted(route.raw)) has no trip", "taken all the same")
        }
        for (stop, line) in stopLines where !usedStops.contains(stop) {
            log.add(.note, "stops.txt", line, "no trip halts at \(quoted(stop.raw))", "taken all the same")
        }
    }
}

/// Turns the identifiers of a feed, which may be any text, into ours.
enum FeedIdentifier {
    /// The same text where it is an identifier here; else what it has of one, with a token that follows from the whole.
    static func map<Kind>(_ raw: String, _ kind: Kind.Type = Kind.self) -> Identifier<Kind> {
        if let id = try? Identifier<Kind>(refining: raw) { return id }
        let plain = raw.unicodeScalars.prefix(48).map { scalar in
            let text = String(scalar)
            return (try? Identifier<Kind>(refining: text)) == nil ? "_" : text
        }
        return Identifier(trusted: "\(plain.joined()).\(DerivedToken.make(raw, length: 10))")
    }
}

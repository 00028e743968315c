import CommandBus

extension GTFSReader {
    /// A row of trips.txt, before its halts are known.
    private struct TripRow {
        let raw: String
        let route: RouteID
        let service: ServiceID
        let direction: Direction
        let headsign: String?
        let line: Int
        var halts: [RawHalt] = []
        var sequences: [Int: Int] = [:]
    }

    /// Trips in the order of trips.txt, and where each is.
    private struct TripRows {
        var rows: [TripRow] = []
        var positions: [String: Int] = [:]
        /// Those that were refused, so that their stop times need not be refused one by one.
        var refused: Set<String> = []
    }

    /// Reads trips.txt, stop_times.txt and frequencies.txt.
    mutating func readTrips() throws -> [GTFSFeed.Trip] {
        var trips = try readTripRows()
        try readStopTimes(&trips)
        let frequencies = readFrequencies(trips)
        var made: [GTFSFeed.Trip] = []
        var lines: [BusID: Int] = [:]
        for row in trips.rows {
            guard let calls = calls(of: row) else { continue }
            let starts = frequencies[row.raw]
            if let starts, starts.isEmpty { continue }
            for start in starts ?? [calls[0].departure] {
                let raw = starts == nil ? row.raw : "\(row.raw):\(start)"
                let id = FeedIdentifier.map(raw, BusKind.self)
                if let line = lines[id] {
                    let what = "the identifier \(quoted(id.raw)) is there already, by line \(line)"
                    log.add(.refused, "trips.txt", row.line, what, "the trip is left out")
                    continue
                }
                if id.raw != raw {
                    let what = "trip_id \(quoted(raw)) has characters that an identifier can't have, or too many"
                    log.add(.note, "trips.txt", row.line, what, "it is known as \(quoted(id.raw))")
                }
                lines[id] = row.line
                made.append(
                    GTFSFeed.Trip(
                        id: id, route: row.route, direction: row.direction, headsign: row.headsign,
                        calls: calls.map { $0.later(by: start.seconds - calls[0].departure.seconds) },
                        service: row.service, line: row.line
                    )
                )
            }
        }
        return made
    }

    // MARK: - trips.txt

    private mutating func readTripRows() throws -> TripRows {
        var table = try requiredTable("trips.txt", required: ["route_id", "service_id", "trip_id"])
        var trips = TripRows()
        while let row = table.next(&log) {
            guard let raw = row["trip_id"] else {
                refuse(table, row, "trip_id is empty", "the trip is left out")
                continue
            }
            if let earlier = trips.positions[raw] {
                let line = trips.rows[earlier].line
                refuse(table, row, "trip_id \(quoted(raw)) is there already, on line \(line)", "the row is left out")
                continue
            }
            let (route, service) = (row["route_id"] ?? "", row["service_id"] ?? "")
            guard let routeID = routeIDs[route] else {
                refuse(table, row, "route_id \(quoted(route)) is no route of routes.txt", "the trip is left out")
                trips.refused.insert(raw)
                continue
            }
            guard let serviceID = serviceIDs[service] else {
                refuse(table, row, "service_id \(quoted(service)) is in no calendar", "the trip is left out")
                trips.refused.insert(raw)
                continue
            }
            trips.refused.remove(raw)
            trips.positions[raw] = trips.rows.count
            trips.rows.append(
                TripRow(
                    raw: raw, route: routeID, service: serviceID, direction: direction(table, row),
                    headsign: label("trip_headsign", table, row), line: row.line
                )
            )
        }
        return trips
    }

    private mutating func direction(_ table: GTFSTable, _ row: GTFSRow) -> Direction {
        switch row["direction_id"] {
        case nil, "0": return .outbound
        case "1": return .inbound
        case let other?:
            correct(table, row, "direction_id \(quoted(other)) is neither 0 nor 1", "taken as 0, outbound")
            return .outbound
        }
    }

    // MARK: - stop_times.txt

    private mutating func readStopTimes(_ trips: inout TripRows) throws {
        var table = try requiredTable("stop_times.txt", required: ["trip_id", "stop_id", "stop_sequence"])
        var ofRefused = 0
        while let row = table.next(&log) {
            let (trip, stop, number) = (row["trip_id"] ?? "", row["stop_id"] ?? "", row["stop_sequence"] ?? "")
            guard let position = trips.positions[trip] else {
                if trips.refused.contains(trip) {
                    ofRefused += 1
                } else {
                    refuse(table, row, "trip_id \(quoted(trip)) is no trip of trips.txt", "the row is left out")
                }
                continue
            }
            guard stopIDs[stop] != nil else {
                refuse(table, row, "stop_id \(quoted(stop)) is no stop of stops.txt", "the row is left out")
                continue
            }
            guard let sequence = Int(number), sequence >= 0 else {
                refuse(table, row, "stop_sequence \(quoted(number)) is not a whole number from 0", "the row is left out")
                continue
            }
            if let line = trips.rows[position].sequences[sequence] {
                let what = "trip \(quoted(trip)) has stop_sequence \(sequence) already, on line \(line)"
                refuse(table, row, what, "the row is left out")
                continue
            }
            trips.rows[position].sequences[sequence] = row.line
            trips.rows[position].halts.append(
                RawHalt(
                    line: row.line, stop: stop, sequence: sequence, arrival: time("arrival_time", table, row),
                    departure: time("departure_time", table, row)
                )
            )
        }
        if ofRefused > 0 {
            let rows = ofRefused == 1 ? "1 row belongs" : "\(ofRefused) rows belong"
            log.add(.note, table.file, nil, "\(rows) to trips that were refused", "left out with them")
        }
    }

    private mutating func time(_ column: String, _ table: GTFSTable, _ row: GTFSRow) -> ServiceTime? {
        guard let text = row[column] else { return nil }
        guard let time = ServiceTime(text) else {
            correct(table, row, "\(column) \(quoted(text)) is not a time like 9:30:00", "taken as not given")
            return nil
        }
        return time
    }

    private mutating func calls(of trip: TripRow) -> [BusCall]? {
        let halts = trip.halts.sorted { $0.sequence < $1.sequence }
        do throws(HaltTimes.Refusal) {
            let (times, corrections) = try HaltTimes.repair(halts)
            guard let first = times.first, first.departure < ServiceTime.limit else {
                throw HaltTimes.Refusal(what: "it leaves at \(ServiceTime.limit) or later")
            }
            for each in corrections {
                log.add(.corrected, "stop_times.txt", each.line, "trip \(quoted(trip.raw)): \(each.what)", each.done)
            }
            return zip(halts, times).compactMap { halt, time in
                stopIDs[halt.stop].map { BusCall(stop: $0, arrival: time.arrival, departure: time.departure) }
            }
        } catch {
            log.add(.refused, "trips.txt", trip.line, "trip \(quoted(trip.raw)): \(error.what)", "the trip is left out")
            return nil
        }
    }

    // MARK: - frequencies.txt

    /// Departures that one line of frequencies.txt may stand for: one each two minutes, all day.
    private static let maximumRepeats = 720

    /// The times at which the trips that are repeated leave; none for one that has no exact times.
    private mutating func readFrequencies(_ trips: TripRows) -> [String: [ServiceTime]] {
        let required = ["trip_id", "start_time", "end_time", "headway_secs"]
        guard var table = table("frequencies.txt", required: required) else { return [:] }
        var starts: [String: Set<ServiceTime>] = [:]
        while let row = table.next(&log) {
            let trip = row["trip_id"] ?? ""
            guard trips.positions[trip] != nil else {
                if !trips.refused.contains(trip) {
                    refuse(table, row, "trip_id \(quoted(trip)) is no trip of trips.txt", "the row is left out")
                }
                continue
            }
            starts[trip, default: []].formUnion(repeats(trip, table, row))
        }
        return starts.mapValues { $0.sorted() }
    }

    private mutating func repeats(_ trip: String, _ table: GTFSTable, _ row: GTFSRow) -> Set<ServiceTime> {
        guard row["exact_times"] == "1" else {
            let what = "trip \(quoted(trip)) runs every so often, not at exact times, so no seat in it can be booked"
            refuse(table, row, what, "it does not run in these hours")
            return []
        }
        guard let first = row["start_time"].flatMap(ServiceTime.init(_:)),
            let end = row["end_time"].flatMap(ServiceTime.init(_:)), first < end, end <= ServiceTime.limit,
            let headway = row["headway_secs"].flatMap({ Int($0) }), headway > 0,
            (end.seconds - first.seconds - 1) / headway < Self.maximumRepeats
        else {
            let what = "start_time, end_time and headway_secs of trip \(quoted(trip)) make no timetable"
            refuse(table, row, what, "it does not run in these hours")
            return []
        }
        return Set(stride(from: first.seconds, to: end.seconds, by: headway).map(ServiceTime.init(seconds:)))
    }
}

extension BusCall {
    fileprivate func later(by seconds: Int) -> BusCall {
        BusCall(
            stop: stop, arrival: ServiceTime(seconds: arrival.seconds + seconds),
            departure: ServiceTime(seconds: departure.seconds + seconds)
        )
    }
}

package import Booking
package import CommandBus
import Foundation

extension TimetableReads where Self: MongoReads {
    package func route(_ id: RouteID) throws -> BusRoute? {
        try session.findOne("routes", ["_id": BSONValue(id)]).map(BusRoute.init(document:))
    }

    package func routes() throws -> [BusRoute] {
        try session.find("routes", [:], sort: ["_id": 1]).map(BusRoute.init(document:))
    }

    package func stop(_ id: StopID) throws -> Stop? {
        try session.findOne("stops", ["_id": BSONValue(id)]).map(Stop.init(document:))
    }

    package func stops() throws -> [Stop] {
        try session.find("stops", [:], sort: ["_id": 1]).map(Stop.init(document:))
    }

    package func bus(_ id: BusID) throws -> Bus? {
        try session.findOne("buses", ["_id": BSONValue(id)]).map(Bus.init(document:))
    }

    package func buses(_ ids: Set<BusID>) throws -> [Bus] {
        try session.find("buses", ["_id": ["$in": BSONValue(ids.map(\.raw))]]).map(Bus.init(document:))
    }

    package func routes(_ ids: Set<RouteID>) throws -> [BusRoute] {
        try session.find("routes", ["_id": ["$in": BSONValue(ids.map(\.raw))]]).map(BusRoute.init(document:))
    }

    package func stops(_ ids: Set<StopID>) throws -> [Stop] {
        try session.find("stops", ["_id": ["$in": BSONValue(ids.map(\.raw))]]).map(Stop.init(document:))
    }

    package func buses(after: BusID?, limit: Int) throws -> [Bus] {
        var filter: BSONDocument = ["ended_at": ["$exists": false]]
        if let after { filter["_id"] = ["$gt": BSONValue(after)] }
        return try session.find("buses", filter, sort: ["_id": 1], limit: limit).map(Bus.init(document:))
    }

    package func importedBuses() throws -> Set<BusID> {
        let filter: BSONDocument = ["origin": .string(Bus.Origin.imported.rawValue), "ended_at": ["$exists": false]]
        return Set(try session.find("buses", filter, projection: ["_id": 1]).map { try $0.identifier("_id") })
    }

    package func calendars() throws -> [ServiceID: ServiceCalendar] {
        var calendars: [ServiceID: ServiceCalendar] = [:]
        for row in try session.find("services", [:]) {
            calendars[try row.identifier("_id")] = try ServiceCalendar(document: row)
        }
        return calendars
    }

    package func plans(
        of service: ServiceID, lackingDepartureOn date: CivilDate, after: BusID?, limit: Int
    ) throws -> [BusPlan] {
        var (plans, last): ([BusPlan], BusID?) = ([], after)
        while plans.count < limit {
            var filter: BSONDocument = ["service": BSONValue(service), "ended_at": ["$exists": false]]
            if let last { filter["_id"] = ["$gt": BSONValue(last)] }
            // Most buses have their departure already: a page is worth reading even where little is wanted.
            let page = try session.find(
                "buses", filter, sort: ["_id": 1], projection: BusPlan.fields, limit: max(limit, 100)
            )
            guard let end = page.last else { break }
            let lacking = try buses(page.map { try $0.text("_id") }, lackingDepartureOn: date)
            for row in page where lacking.contains(try row.text("_id")) && plans.count < limit {
                plans.append(try BusPlan(document: row))
            }
            last = try end.identifier("_id")
        }
        return plans
    }

    private func buses(_ buses: [String], lackingDepartureOn date: CivilDate) throws -> Set<String> {
        let departures = try session.find(
            "departures", ["bus": ["$in": BSONValue(buses)], "service_date": BSONValue(date)],
            projection: ["_id": 0, "bus": 1]
        )
        return Set(buses).subtracting(try departures.map { try $0.text("bus") })
    }
}

/// Departures are made of what the documents of buses and calendars say. So all that changes those, or makes departures
/// of them, holds the timetable first: one such unit at a time.
extension MongoTransaction {
    package func holdTimetable() throws {
        try session.update("locks", ["_id": "timetable"], ["$inc": ["uses": 1]], upsert: true)
    }

    package func put(_ route: BusRoute) throws {
        try put(
            ["name": .string(route.name), "short_name": BSONValue(route.shortName)], as: BSONValue(route.id), in: "routes"
        )
    }

    package func put(_ stop: Stop) throws {
        try put(
            [
                "name": .string(stop.name), "latitude": BSONValue(stop.location?.latitude),
                "longitude": BSONValue(stop.location?.longitude),
            ], as: BSONValue(stop.id), in: "stops"
        )
    }

    package func put(_ calendar: ServiceCalendar, as service: ServiceID) throws {
        let exceptions =
            calendar.removed.map { ($0, false) } + calendar.added.subtracting(calendar.removed).map { ($0, true) }
        try put(
            [
                "periods": BSONValue(
                    calendar.periods.map { period in
                        [
                            "first_date": BSONValue(period.first), "last_date": BSONValue(period.last),
                            "days": BSONValue(period.days.rawValue),
                        ]
                    }
                ),
                "exceptions": BSONValue(
                    exceptions.sorted { $0.0 < $1.0 }.map { ["date": BSONValue($0.0), "runs": .flag($0.1)] }
                ),
            ], as: BSONValue(service), in: "services"
        )
    }

    package func put(_ bus: Bus) throws {
        try put(
            [
                "route": BSONValue(bus.route), "direction": .string(bus.direction.rawValue),
                "headsign": BSONValue(bus.headsign), "from_stop": BSONValue(bus.from), "to_stop": BSONValue(bus.to),
                "leaves": BSONValue(bus.leaves.seconds), "service": BSONValue(bus.service),
                "capacity": BSONValue(bus.capacity), "fare_amount": .int(bus.fare.amount),
                "fare_currency": .string(bus.fare.currency.raw), "zone": .string(bus.zone.identifier),
                "origin": .string(bus.origin.rawValue), "ended_at": .null,
                "stops": BSONValue(
                    bus.calls.map { call in
                        [
                            "stop": BSONValue(call.stop), "arrival": BSONValue(call.arrival.seconds),
                            "departure": BSONValue(call.departure.seconds),
                        ]
                    }
                ),
            ], as: BSONValue(bus.id), in: "buses"
        )
    }

    package func end(_ bus: BusID, at: Timestamp) throws {
        try session.update(
            "buses", ["_id": BSONValue(bus), "ended_at": ["$exists": false]], ["$set": ["ended_at": BSONValue(at)]]
        )
    }

    /// The number is the next one, as SQLite would choose it; the key refuses a second of the same.
    package func insert(_ entry: TimetableImportEntry) throws {
        try session.insert(
            "timetable_imports",
            [
                "_id": .int(try latestImport() + 1), "imported_at": BSONValue(entry.at), "source": .string(entry.source),
                "routes": BSONValue(entry.routes), "stops": BSONValue(entry.stops), "buses": BSONValue(entry.buses),
                "corrected": BSONValue(entry.corrected), "refused": BSONValue(entry.refused),
                "report": .string(entry.report),
            ]
        )
    }

    private func put(_ row: BSONDocument, as id: BSONValue, in collection: String) throws {
        try session.update(collection, ["_id": id], row.asUpdate, upsert: true)
    }
}

// MARK: - Documents

extension BusRoute {
    fileprivate init(document row: BSONDocument) throws {
        self.init(
            id: try row.identifier("_id"), name: try row.text("name"), shortName: try row.optionalText("short_name")
        )
    }
}

extension Stop {
    fileprivate init(document row: BSONDocument) throws {
        var location: Location?
        if let latitude = try row.optionalDouble("latitude"), let longitude = try row.optionalDouble("longitude") {
            location = Location(latitude: latitude, longitude: longitude)
        }
        self.init(id: try row.identifier("_id"), name: try row.text("name"), location: location)
    }
}

extension ServiceCalendar {
    fileprivate init(document row: BSONDocument) throws {
        self.init(
            periods: try row.documents("periods").map { period in
                ServicePeriod(
                    first: try period.date("first_date"), last: try period.date("last_date"),
                    days: DaysOfWeek(rawValue: try period.int("days"))
                )
            }
        )
        for exception in try row.documents("exceptions") {
            let date = try exception.date("date")
            if try exception.flag("runs") { added.insert(date) } else { removed.insert(date) }
        }
    }
}

extension Bus {
    fileprivate init(document row: BSONDocument) throws {
        let calls = try row.documents("stops").map { call in
            BusCall(
                stop: try call.identifier("stop"), arrival: ServiceTime(seconds: try call.int("arrival")),
                departure: ServiceTime(seconds: try call.int("departure"))
            )
        }
        let id: BusID = try row.identifier("_id")
        guard calls.count >= 2 else { throw UnreadableRow(table: "buses.stops", value: id.raw) }
        self.init(
            id: id, route: try row.identifier("route"), direction: try row.word("direction"),
            headsign: try row.optionalText("headsign"), calls: calls, service: try row.identifier("service"),
            capacity: try row.int("capacity"), fare: try row.money("fare_amount", "fare_currency"),
            zone: try StoredValue.zone(row.text("zone")), origin: try row.word("origin")
        )
    }
}

extension BusPlan {
    fileprivate static let fields: BSONDocument = [
        "route": 1, "leaves": 1, "zone": 1, "capacity": 1, "fare_amount": 1, "fare_currency": 1,
    ]

    fileprivate init(document row: BSONDocument) throws {
        self.init(
            bus: try row.identifier("_id"), route: try row.identifier("route"),
            leaves: ServiceTime(seconds: try row.int("leaves")), zone: try StoredValue.zone(row.text("zone")),
            capacity: try row.int("capacity"), fare: try row.money("fare_amount", "fare_currency")
        )
    }
}

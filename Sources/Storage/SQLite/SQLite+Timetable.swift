package import Booking
package import CommandBus
import Foundation
import GRDB

extension TimetableReads where Self: SQLiteReads {
    package func route(_ id: RouteID) throws -> BusRoute? {
        let statement = try db.cachedStatement(sql: "SELECT id, name, short_name FROM routes WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id.raw]).map(Self.busRoute)
    }

    package func routes() throws -> [BusRoute] {
        try Row.fetchAll(db, sql: "SELECT id, name, short_name FROM routes ORDER BY id").map(Self.busRoute)
    }

    package func stop(_ id: StopID) throws -> Stop? {
        let statement = try db.cachedStatement(sql: "SELECT id, name, latitude, longitude FROM stops WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id.raw]).map(Self.busStop)
    }

    package func stops() throws -> [Stop] {
        try Row.fetchAll(db, sql: "SELECT id, name, latitude, longitude FROM stops ORDER BY id").map(Self.busStop)
    }

    package func bus(_ id: BusID) throws -> Bus? {
        let statement = try db.cachedStatement(sql: "\(busColumns) WHERE id = ?")
        return try Row.fetchOne(statement, arguments: [id.raw]).map(bus)
    }

    package func buses(after: BusID?, limit: Int) throws -> [Bus] {
        let statement = try db.cachedStatement(
            sql: "\(busColumns) WHERE ended_at IS NULL AND id > ? ORDER BY id LIMIT ?"
        )
        return try Row.fetchAll(statement, arguments: [after?.raw ?? "", limit]).map(bus)
    }

    package func importedBuses() throws -> Set<BusID> {
        let sql = "SELECT id FROM buses WHERE origin = 'imported' AND ended_at IS NULL"
        return Set(try String.fetchAll(db, sql: sql).map(BusID.init(trusted:)))
    }

    package func calendars() throws -> [ServiceID: ServiceCalendar] {
        var calendars: [ServiceID: ServiceCalendar] = [:]
        for id in try String.fetchAll(db, sql: "SELECT id FROM services") {
            calendars[ServiceID(trusted: id)] = ServiceCalendar()
        }
        let periods = "SELECT service, first_date, last_date, days FROM service_periods ORDER BY service, position"
        for row in try Row.fetchAll(db, sql: periods) {
            let period = ServicePeriod(
                first: try StoredValue.date(row[1], in: "service_periods"),
                last: try StoredValue.date(row[2], in: "service_periods"), days: DaysOfWeek(rawValue: row[3])
            )
            calendars[ServiceID(trusted: row[0])]?.periods.append(period)
        }
        for row in try Row.fetchAll(db, sql: "SELECT service, date, runs FROM service_exceptions") {
            let date = try StoredValue.date(row[1], in: "service_exceptions")
            if row[2] {
                calendars[ServiceID(trusted: row[0])]?.added.insert(date)
            } else {
                calendars[ServiceID(trusted: row[0])]?.removed.insert(date)
            }
        }
        return calendars
    }

    package func plans(
        of service: ServiceID, lackingDepartureOn date: CivilDate, after: BusID?, limit: Int
    ) throws -> [BusPlan] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT b.id, b.route, b.leaves, b.zone, b.capacity, b.fare_amount, b.fare_currency
                FROM buses b
                WHERE b.service = ?1 AND b.ended_at IS NULL AND b.id > ?2
                    AND NOT EXISTS (SELECT 1 FROM departures d WHERE d.bus = b.id AND d.service_date = ?3)
                ORDER BY b.id LIMIT ?4
                """
        )
        let arguments: StatementArguments = [service.raw, after?.raw ?? "", date.description, limit]
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            BusPlan(
                bus: BusID(trusted: row[0]), route: RouteID(trusted: row[1]), leaves: ServiceTime(seconds: row[2]),
                zone: try StoredValue.zone(row[3]), capacity: row[4],
                fare: Money(amount: row[5], currency: CurrencyCode(trusted: row[6]))
            )
        }
    }

    private var busColumns: String {
        """
        SELECT id, route, direction, headsign, service, capacity, fare_amount, fare_currency, zone, origin FROM buses
        """
    }

    private func bus(_ row: Row) throws -> Bus {
        let id: String = row[0]
        let statement = try db.cachedStatement(
            sql: "SELECT stop, arrival, departure FROM bus_stops WHERE bus = ? ORDER BY position"
        )
        let calls = try Row.fetchAll(statement, arguments: [id]).map { row in
            BusCall(
                stop: StopID(trusted: row[0]), arrival: ServiceTime(seconds: row[1]),
                departure: ServiceTime(seconds: row[2])
            )
        }
        guard calls.count >= 2 else { throw UnreadableRow(table: "bus_stops", value: id) }
        return Bus(
            id: BusID(trusted: id), route: RouteID(trusted: row[1]),
            direction: try StoredValue.word(row[2], in: "buses"), headsign: row[3], calls: calls,
            service: ServiceID(trusted: row[4]), capacity: row[5],
            fare: Money(amount: row[6], currency: CurrencyCode(trusted: row[7])), zone: try StoredValue.zone(row[8]),
            origin: try StoredValue.word(row[9], in: "buses")
        )
    }

    private static func busRoute(_ row: Row) -> BusRoute {
        BusRoute(id: RouteID(trusted: row[0]), name: row[1], shortName: row[2])
    }

    private static func busStop(_ row: Row) -> Stop {
        let (latitude, longitude): (Double?, Double?) = (row[2], row[3])
        var location: Stop.Location?
        if let latitude, let longitude { location = Stop.Location(latitude: latitude, longitude: longitude) }
        return Stop(id: StopID(trusted: row[0]), name: row[1], location: location)
    }
}

extension SQLiteTransaction {
    package func put(_ route: BusRoute) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO routes (id, name, short_name) VALUES (?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, short_name = excluded.short_name
                """
        ).execute(arguments: [route.id.raw, route.name, route.shortName])
    }

    package func put(_ stop: Stop) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO stops (id, name, latitude, longitude) VALUES (?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE
                SET name = excluded.name, latitude = excluded.latitude, longitude = excluded.longitude
                """
        ).execute(arguments: [stop.id.raw, stop.name, stop.location?.latitude, stop.location?.longitude])
    }

    package func put(_ calendar: ServiceCalendar, as service: ServiceID) throws {
        try db.cachedStatement(sql: "INSERT INTO services (id) VALUES (?) ON CONFLICT DO NOTHING")
            .execute(arguments: [service.raw])
        for table in ["service_periods", "service_exceptions"] {
            try db.cachedStatement(sql: "DELETE FROM \(table) WHERE service = ?").execute(arguments: [service.raw])
        }
        let period = try db.cachedStatement(
            sql: "INSERT INTO service_periods (service, position, first_date, last_date, days) VALUES (?, ?, ?, ?, ?)"
        )
        for (position, each) in calendar.periods.enumerated() {
            try period.execute(
                arguments: [service.raw, position, each.first.description, each.last.description, each.days.rawValue]
            )
        }
        let exception = try db.cachedStatement(
            sql: "INSERT INTO service_exceptions (service, date, runs) VALUES (?, ?, ?)"
        )
        for date in calendar.removed { try exception.execute(arguments: [service.raw, date.description, false]) }
        for date in calendar.added.subtracting(calendar.removed) {
            try exception.execute(arguments: [service.raw, date.description, true])
        }
    }

    package func put(_ bus: Bus) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO buses (
                    id, route, direction, headsign, from_stop, to_stop, leaves, service, capacity, fare_amount,
                    fare_currency, zone, origin
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET
                    route = excluded.route, direction = excluded.direction, headsign = excluded.headsign,
                    from_stop = excluded.from_stop, to_stop = excluded.to_stop, leaves = excluded.leaves,
                    service = excluded.service, capacity = excluded.capacity, fare_amount = excluded.fare_amount,
                    fare_currency = excluded.fare_currency, zone = excluded.zone, origin = excluded.origin,
                    ended_at = NULL
                """
        ).execute(
            arguments: [
                bus.id.raw, bus.route.raw, bus.direction.rawValue, bus.headsign, bus.from.raw, bus.to.raw,
                bus.leaves.seconds, bus.service.raw, bus.capacity, bus.fare.amount, bus.fare.currency.raw,
                bus.zone.identifier, bus.origin.rawValue,
            ]
        )
        try db.cachedStatement(sql: "DELETE FROM bus_stops WHERE bus = ?").execute(arguments: [bus.id.raw])
        let statement = try db.cachedStatement(
            sql: "INSERT INTO bus_stops (bus, position, stop, arrival, departure) VALUES (?, ?, ?, ?, ?)"
        )
        for (position, call) in bus.calls.enumerated() {
            try statement.execute(
                arguments: [bus.id.raw, position, call.stop.raw, call.arrival.seconds, call.departure.seconds]
            )
        }
    }

    package func end(_ bus: BusID, at: Timestamp) throws {
        try db.cachedStatement(sql: "UPDATE buses SET ended_at = ? WHERE id = ? AND ended_at IS NULL")
            .execute(arguments: [at.milliseconds, bus.raw])
    }

    package func insert(_ entry: TimetableImportEntry) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO timetable_imports (imported_at, source, routes, stops, buses, corrected, refused, report)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                entry.at.milliseconds, entry.source, entry.routes, entry.stops, entry.buses, entry.corrected,
                entry.refused, entry.report,
            ]
        )
    }
}

package import Booking
package import CommandBus
import GRDB

extension TimetableReads where Self: SQLiteReads {
    package func departure(_ id: DepartureID) throws -> DepartureRecord? {
        let statement = try db.cachedStatement(sql: "SELECT \(DepartureRecord.columns) FROM departures d WHERE d.id = ?")
        return try Row.fetchOne(statement, arguments: [id.raw]).map(DepartureRecord.init(row:))
    }

    package func departures(_ query: DepartureQuery) throws -> [DepartureRecord] {
        var conditions: [String] = []
        var arguments: StatementArguments = []
        func require(_ condition: String, _ values: StatementArguments) {
            conditions.append(condition)
            arguments += values
        }
        if let date = query.date { require("d.service_date = ?", [date.description]) }
        if let route = query.route { require("d.route = ?", [route.raw]) }
        if let from = query.from { require("b.from_stop = ?", [from.raw]) }
        if let to = query.to { require("b.to_stop = ?", [to.raw]) }
        if let notBefore = query.notBefore { require("d.departs_at >= ?", [notBefore.milliseconds]) }
        if let after = query.after {
            require("(d.departs_at, d.id) > (?, ?)", [after.departsAt.milliseconds, after.id.raw])
        }
        let needsBus = query.from != nil || query.to != nil
        arguments += [query.limit]
        // The texts are few, one for each set of conditions, so that each is worth preparing once.
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(DepartureRecord.columns) FROM departures d \(needsBus ? "JOIN buses b ON b.id = d.bus" : "")
                \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
                ORDER BY d.departs_at, d.id LIMIT ?
                """
        )
        return try Row.fetchAll(statement, arguments: arguments).map(DepartureRecord.init(row:))
    }

    package func openDepartures(route: RouteID?) throws -> [DepartureRecord] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(DepartureRecord.columns) FROM departures d
                WHERE d.state IN ('scheduled', 'boarding') AND (?1 IS NULL OR d.route = ?1) ORDER BY d.departs_at, d.id
                """
        )
        return try Row.fetchAll(statement, arguments: [route?.raw]).map(DepartureRecord.init(row:))
    }

    package func importedDepartures(after: Timestamp) throws -> [DepartureRecord] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(DepartureRecord.columns) FROM departures d JOIN buses b ON b.id = d.bus
                WHERE d.departs_at > ? AND b.origin = 'imported' ORDER BY d.departs_at, d.id
                """
        )
        return try Row.fetchAll(statement, arguments: [after.milliseconds]).map(DepartureRecord.init(row:))
    }

    package func latestImport() throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT coalesce(max(id), 0) FROM timetable_imports") ?? 0
    }

    package func overdueDepartures(at now: Timestamp, limit: Int) throws -> [DepartureRecord] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(DepartureRecord.columns) FROM departures d
                WHERE d.state = 'scheduled' AND d.departs_at <= ? ORDER BY d.departs_at, d.id LIMIT ?
                """
        )
        return try Row.fetchAll(statement, arguments: [now.milliseconds, limit]).map(DepartureRecord.init(row:))
    }
}

extension SQLiteSnapshot: TimetableReads {}

extension SQLiteTransaction: TimetableRecords {
    package func insert(_ departure: DepartureRecord) throws -> Bool {
        // Not "INSERT OR IGNORE", which would pass over a broken CHECK as well.
        try db.cachedStatement(
            sql: """
                INSERT INTO departures (
                    id, bus, route, service_date, departs_at, utc_offset, capacity, available, booked, boarded, no_show,
                    fare_amount, fare_currency, state, withdrawn, revision
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO NOTHING
                """
        ).execute(
            arguments: [
                departure.id.raw, departure.bus.raw, departure.route.raw, departure.serviceDate.description,
                departure.departsAt.milliseconds, departure.departsAt.offsetMinutes, departure.seats.capacity,
                departure.seats.available, departure.seats.booked, departure.seats.boarded, departure.seats.noShow,
                departure.fare.amount, departure.fare.currency.raw, departure.state.rawValue, departure.isWithdrawn,
                departure.revision,
            ]
        )
        return db.changesCount > 0
    }

    package func update(_ departure: DepartureRecord) throws -> DepartureRecord? {
        // The sold seats are not set but compared: had one been sold since they were read, the CHECK would refuse.
        let statement = try db.cachedStatement(
            sql: """
                UPDATE departures SET
                    route = ?, departs_at = ?, utc_offset = ?, capacity = ?, available = ?, fare_amount = ?,
                    fare_currency = ?, state = ?, withdrawn = ?, revision = revision + 1
                WHERE id = ? RETURNING \(DepartureRecord.returned)
                """
        )
        return try Row.fetchOne(
            statement,
            arguments: [
                departure.route.raw, departure.departsAt.milliseconds, departure.departsAt.offsetMinutes,
                departure.seats.capacity, departure.seats.available, departure.fare.amount,
                departure.fare.currency.raw, departure.state.rawValue, departure.isWithdrawn, departure.id.raw,
            ]
        ).map(DepartureRecord.init(row:))
    }

    package func setState(_ state: DepartureState, of departure: DepartureID) throws -> DepartureRecord? {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE departures SET state = ?, withdrawn = 0, revision = revision + 1
                WHERE id = ? RETURNING \(DepartureRecord.returned)
                """
        )
        return try Row.fetchOne(statement, arguments: [state.rawValue, departure.raw]).map(DepartureRecord.init(row:))
    }

    package func holdTimetable() {
        // One writer at a time: nobody else can change anything.
    }
}

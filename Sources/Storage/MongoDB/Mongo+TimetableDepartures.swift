package import Booking
package import CommandBus

extension TimetableReads where Self: MongoReads {
    package func departure(_ id: DepartureID) throws -> DepartureRecord? {
        try session.findOne("departures", ["_id": BSONValue(id)]).map(DepartureRecord.init(document:))
    }

    package func departures(_ query: DepartureQuery) throws -> [DepartureRecord] {
        var filter: BSONDocument = [:]
        if let date = query.date { filter["service_date"] = BSONValue(date) }
        if let route = query.route { filter["route"] = BSONValue(route) }
        if let earliest = [query.notBefore, query.after?.departsAt].compactMap(\.self).max() {
            filter["departs_at"] = ["$gte": BSONValue(earliest)]
        }
        if let after = query.after {
            let departsAt = BSONValue(after.departsAt)
            filter["$or"] = [
                ["departs_at": ["$gt": departsAt]], ["departs_at": departsAt, "_id": ["$gt": BSONValue(after.id)]],
            ]
        }
        let ends = BSONDocument(
            fields: [("line.from_stop", query.from), ("line.to_stop", query.to)].compactMap { name, stop in
                stop.map { (name: name, value: BSONValue($0)) }
            }
        )
        if ends.fields.isEmpty {
            return try session.find("departures", filter, sort: DepartureRecord.byTime, limit: query.limit)
                .map(DepartureRecord.init(document:))
        }
        guard query.limit > 0 else { return [] }
        // The stops are those of the bus. An index gives the departures in their order, so that the server looks at no
        // more buses than it needs for the page.
        return try session.aggregate(
            "departures",
            [
                ["$match": .document(filter)], ["$sort": .document(DepartureRecord.byTime)],
                ["$lookup": ["from": "buses", "localField": "bus", "foreignField": "_id", "as": "line"]],
                ["$match": .document(ends)], ["$limit": BSONValue(query.limit)], ["$project": ["line": 0]],
            ]
        ).map(DepartureRecord.init(document:))
    }

    package func openDepartures(route: RouteID?) throws -> [DepartureRecord] {
        let states: [DepartureState] = [.scheduled, .boarding]
        var filter: BSONDocument = ["state": ["$in": BSONValue(states.map(\.rawValue))]]
        if let route { filter["route"] = BSONValue(route) }
        return try session.find("departures", filter, sort: DepartureRecord.byTime).map(DepartureRecord.init(document:))
    }

    package func importedDepartures(after: Timestamp) throws -> [DepartureRecord] {
        let imported = Set(
            try session.find("buses", ["origin": .string(Bus.Origin.imported.rawValue)], projection: ["_id": 1])
                .map { try $0.text("_id") }
        )
        return try session.find(
            "departures", ["departs_at": ["$gt": BSONValue(after)]], sort: DepartureRecord.byTime
        ).filter { imported.contains(try $0.text("bus")) }.map(DepartureRecord.init(document:))
    }

    package func latestImport() throws -> Int64 {
        try session.findOne("timetable_imports", [:], sort: ["_id": -1], projection: ["_id": 1])?.int64("_id") ?? 0
    }

    package func overdueDepartures(at now: Timestamp, limit: Int) throws -> [DepartureRecord] {
        let filter: BSONDocument = [
            "state": .string(DepartureState.scheduled.rawValue), "departs_at": ["$lte": BSONValue(now)],
        ]
        return try session.find("departures", filter, sort: DepartureRecord.byTime, limit: limit)
            .map(DepartureRecord.init(document:))
    }
}

extension MongoSnapshot: TimetableReads {}

/// Each change of a departure counts its revision up, and so is a write that meets every other change of it, the sale of a
/// seat above all.
extension MongoTransaction: TimetableRecords {
    package func insert(_ departure: DepartureRecord) throws -> Bool {
        // Not an insert, whose duplicate key would end the transaction: the departure that is there stays as it is.
        let there = try session.findAndUpdate(
            "departures",
            [
                "$or": [
                    ["_id": BSONValue(departure.id)],
                    ["bus": BSONValue(departure.bus), "service_date": BSONValue(departure.serviceDate)],
                ]
            ],
            ["$setOnInsert": .document(departure.document)], upsert: true, returnsNew: false
        )
        return there == nil
    }

    package func update(_ departure: DepartureRecord) throws -> DepartureRecord? {
        // The sold seats are not set but compared: none may have been sold since they were read.
        let id = BSONValue(departure.id)
        let updated = try session.findAndUpdate(
            "departures",
            [
                "_id": id, "booked": BSONValue(departure.seats.booked), "boarded": BSONValue(departure.seats.boarded),
                "no_show": BSONValue(departure.seats.noShow),
            ],
            ["$set": .document(departure.terms), "$inc": ["revision": 1]]
        )
        if let updated { return try DepartureRecord(document: updated) }
        guard try session.findOne("departures", ["_id": id], projection: ["_id": 1]) == nil else {
            throw ContradictedRow(collection: "departures", key: departure.id.raw)
        }
        return nil
    }

    package func setState(_ state: DepartureState, of departure: DepartureID) throws -> DepartureRecord? {
        try session.findAndUpdate(
            "departures", ["_id": BSONValue(departure)],
            ["$set": ["state": .string(state.rawValue), "withdrawn": .flag(false)], "$inc": ["revision": 1]]
        ).map(DepartureRecord.init(document:))
    }
}

// MARK: - Documents

extension DepartureRecord {
    fileprivate static let byTime: BSONDocument = ["departs_at": 1, "_id": 1]
    /// What ``Booking/SeatCounts`` is read from, and the capacity.
    static let seatFields: BSONDocument = ["capacity": 1, "available": 1, "booked": 1, "boarded": 1, "no_show": 1]

    init(document row: BSONDocument) throws {
        self.init(
            id: try row.identifier("_id"), bus: try row.identifier("bus"), route: try row.identifier("route"),
            serviceDate: try row.date("service_date"),
            departsAt: Timestamp(milliseconds: try row.int64("departs_at"), offsetMinutes: try row.int("utc_offset")),
            seats: try SeatCounts(document: row), fare: try row.money("fare_amount", "fare_currency"),
            state: try row.word("state"), isWithdrawn: try row.flag("withdrawn"), revision: try row.int64("revision")
        )
    }

    fileprivate var document: BSONDocument {
        let fixed: BSONDocument = [
            "_id": BSONValue(id), "bus": BSONValue(bus), "service_date": BSONValue(serviceDate),
            "booked": BSONValue(seats.booked), "boarded": BSONValue(seats.boarded), "no_show": BSONValue(seats.noShow),
            "revision": .int(revision),
        ]
        return BSONDocument(fields: fixed.fields + terms.fields)
    }

    /// What another timetable, or staff, may change of a departure.
    fileprivate var terms: BSONDocument {
        [
            "route": BSONValue(route), "departs_at": BSONValue(departsAt), "utc_offset": BSONValue(departsAt.offsetMinutes),
            "capacity": BSONValue(seats.capacity), "available": BSONValue(seats.available),
            "fare_amount": .int(fare.amount), "fare_currency": .string(fare.currency.raw),
            "state": .string(state.rawValue), "withdrawn": .flag(isWithdrawn),
        ]
    }
}

extension SeatCounts {
    init(document row: BSONDocument) throws {
        self.init(
            available: try row.int("available"), booked: try row.int("booked"), boarded: try row.int("boarded"),
            noShow: try row.int("no_show")
        )
    }
}

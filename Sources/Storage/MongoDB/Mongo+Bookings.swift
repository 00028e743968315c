package import Booking
package import CommandBus

extension BookingReads where Self: MongoReads {
    package func booking(_ id: BookingID) throws -> BookingRecord? {
        try session.findOne("bookings", ["_id": BSONValue(id)]).map(BookingRecord.init(document:))
    }

    package func bookings(
        of rider: AccountID, state: BookingState?, before: BookingID?, limit: Int
    ) throws -> [BookingRecord] {
        var filter: BSONDocument = ["rider": BSONValue(rider)]
        if let before { filter["_id"] = ["$lt": BSONValue(before)] }
        if let state { filter["state"] = .string(state.rawValue) }
        return try session.find("bookings", filter, sort: ["_id": -1], limit: limit).map(BookingRecord.init(document:))
    }

    package func liveBooking(of rider: AccountID, on departure: DepartureID) throws -> BookingID? {
        try session.findOne(
            "bookings", ["departure": BSONValue(departure), "rider": BSONValue(rider), "live": true],
            projection: ["_id": 1]
        )?.identifier("_id")
    }

    package func ridesToCome(of rider: AccountID, at now: Timestamp) throws -> Int {
        let states: [BookingState] = [.booked, .boarded]
        let departures = try session.find(
            "bookings", ["rider": BSONValue(rider), "state": ["$in": BSONValue(states.map(\.rawValue))]],
            projection: ["departure": 1]
        ).map { try $0.text("departure") }
        // No rider has two such bookings on one departure, so that the departures are as many as the bookings.
        var count = 0
        for start in stride(from: 0, to: departures.count, by: 500) {
            let page = Array(departures[start..<min(start + 500, departures.count)])
            count += try session.count("departures", DepartureRecord.toCome(among: page, at: now))
        }
        return count
    }

    package func bookings(after: BookingID?, limit: Int) throws -> [BookingRecord] {
        let filter: BSONDocument = after.map { ["_id": ["$gt": BSONValue($0)]] } ?? [:]
        return try session.find("bookings", filter, sort: ["_id": 1], limit: limit).map(BookingRecord.init(document:))
    }

    package func departureTallies() throws -> [DepartureTally] {
        // By the state and not by the mark that is made of it: a check trusts nothing that follows from something else.
        let groups = try session.aggregate(
            "bookings",
            [
                ["$match": ["state": ["$ne": .string(BookingState.cancelled.rawValue)]]],
                ["$group": ["_id": ["departure": "$departure", "state": "$state"], "count": ["$sum": 1]]],
            ]
        )
        var counts: [String: [BookingState: Int]] = [:]
        for group in groups {
            let key = try group.document("_id")
            let state: BookingState = try StoredValue.word(key.text("state"), in: "bookings")
            counts[try key.text("departure"), default: [:]][state] = try group.int("count")
        }
        return try session.find("departures", [:], sort: ["_id": 1], projection: DepartureRecord.seatFields).map { row in
            let found = counts[try row.text("_id")] ?? [:]
            return DepartureTally(
                departure: try row.identifier("_id"), capacity: try row.int("capacity"),
                counts: try SeatCounts(document: row), booked: found[.booked] ?? 0, boarded: found[.boarded] ?? 0,
                noShow: found[.noShow] ?? 0
            )
        }
    }
}

extension MongoSnapshot: BookingReads {}

/// Whatever changes a departure writes its document: selling, giving back, another timetable, another state. So a booking
/// is made and cancelled on the terms that it saw, or run again; and of two bookings of a rider on one departure the
/// second sees the first, which the unique index of the live ones holds even without that.
extension MongoTransaction: BookingRecords {
    package func takeSeat(on departure: DepartureID, at now: Timestamp) throws -> DepartureRecord? {
        // The guard against selling a seat twice: what is left is compared and changed by one statement.
        try session.findAndUpdate(
            "departures",
            [
                "_id": BSONValue(departure), "available": ["$gt": 0],
                "state": .string(DepartureState.scheduled.rawValue), "departs_at": ["$gt": BSONValue(now)],
            ],
            ["$inc": ["available": -1, "booked": 1, "revision": 1]]
        ).map(DepartureRecord.init(document:))
    }

    package func releaseSeat(on departure: DepartureID) throws -> DepartureRecord? {
        try session.findAndUpdate(
            "departures", ["_id": BSONValue(departure), "booked": ["$gt": 0]],
            ["$inc": ["available": 1, "booked": -1, "revision": 1]]
        ).map(DepartureRecord.init(document:))
    }

    package func insert(_ booking: BookingRecord) throws {
        try session.insert("bookings", booking.document)
    }

    package func cancel(_ booking: BookingID, at now: Timestamp, refund: JournalEntryID?) throws -> Bool {
        let change: BSONDocument = [
            "state": .string(BookingState.cancelled.rawValue), "cancelled_at": BSONValue(now),
            "refund": BSONValue(refund), "live": .null,
        ]
        let booked: BSONDocument = ["_id": BSONValue(booking), "state": .string(BookingState.booked.rawValue)]
        return try session.update("bookings", booked, change.asUpdate) == 1
    }
}

extension DepartureRecord {
    fileprivate static func toCome(among departures: [String], at now: Timestamp) -> BSONDocument {
        // Of a departure that was cancelled the fare may still have to be paid back.
        let waiting: [DepartureState] = [.scheduled, .cancelled]
        return [
            "_id": ["$in": BSONValue(departures)],
            "$or": [
                ["state": .string(DepartureState.boarding.rawValue)],
                ["state": ["$in": BSONValue(waiting.map(\.rawValue))], "departs_at": ["$gt": BSONValue(now)]],
            ],
        ]
    }
}

extension BookingRecord {
    fileprivate init(document row: BSONDocument) throws {
        self.init(
            id: try row.identifier("_id"), departure: try row.identifier("departure"), rider: try row.identifier("rider"),
            state: try row.word("state"), fare: try row.money("fare", "currency"),
            policy: RefundPolicy(cutoffMinutes: try row.int("cutoff_minutes"), percent: try row.percent("refund_percent")),
            bookedAt: try row.timestamp("booked_at"), charge: try row.optionalIdentifier("charge"),
            cancelledAt: try row.optionalTimestamp("cancelled_at"), refund: try row.optionalIdentifier("refund")
        )
    }

    fileprivate var document: BSONDocument {
        let row: BSONDocument = [
            "_id": BSONValue(id), "departure": BSONValue(departure), "rider": BSONValue(rider),
            "state": .string(state.rawValue), "fare": .int(fare.amount), "currency": .string(fare.currency.raw),
            "cutoff_minutes": BSONValue(policy.cutoffMinutes), "refund_percent": BSONValue(policy.percent),
            "booked_at": BSONValue(bookedAt), "charge": BSONValue(charge), "cancelled_at": BSONValue(cancelledAt),
            "refund": BSONValue(refund),
            // What the unique index goes by: its condition can't be "in any other state".
            "live": state == .cancelled ? .null : true,
        ]
        return row.withoutNulls
    }
}

extension BSONDocument {
    /// A policy stops the server at any other number, which a stored one must not be able to.
    fileprivate func percent(_ name: String) throws -> Int {
        let percent = try int(name)
        guard (0...100).contains(percent) else { throw UnreadableRow(table: source, value: "\(name): \(percent)") }
        return percent
    }
}

package import Booking
package import CommandBus
import GRDB
import Storage

extension SuiteTransaction {
    /// Writes seats down without a look at what is there: what a program does that has no guard.
    package func overwrite(_ seats: SeatCounts, of departure: DepartureID) throws {
        switch records {
        case let tx as SQLiteTransaction:
            try tx.db.execute(
                sql: "UPDATE departures SET available = ?, booked = ?, boarded = ?, no_show = ? WHERE id = ?",
                arguments: [seats.available, seats.booked, seats.boarded, seats.noShow, departure.raw]
            )
        case let tx as MongoTransaction:
            try tx.session.update(
                "departures", ["_id": .string(departure.raw)],
                [
                    "$set": [
                        "available": BSONValue(seats.available), "booked": BSONValue(seats.booked),
                        "boarded": BSONValue(seats.boarded), "no_show": BSONValue(seats.noShow),
                    ]
                ]
            )
        default: fatalError("no engine of ours")
        }
    }
}

import Booking
import CommandBus
import GRDB

extension DepartureRecord {
    private static let names = [
        "id", "bus", "route", "service_date", "departs_at", "utc_offset", "available", "booked", "boarded", "no_show",
        "fare_amount", "fare_currency", "state", "withdrawn", "revision",
    ]

    /// The columns of a row as ``init(row:)`` reads them; the table is called `d`.
    static let columns = names.map { "d." + $0 }.joined(separator: ", ")
    /// The same for a RETURNING clause, which knows no name for the table.
    static let returned = names.joined(separator: ", ")

    init(row: Row) throws {
        self.init(
            id: DepartureID(trusted: row[0]), bus: BusID(trusted: row[1]), route: RouteID(trusted: row[2]),
            serviceDate: try StoredValue.date(row[3], in: "departures"),
            departsAt: Timestamp(milliseconds: row[4], offsetMinutes: row[5]),
            seats: SeatCounts(available: row[6], booked: row[7], boarded: row[8], noShow: row[9]),
            fare: Money(amount: row[10], currency: CurrencyCode(trusted: row[11])),
            state: try StoredValue.word(row[12], in: "departures"), isWithdrawn: row[13],
            revision: row[14]
        )
    }
}

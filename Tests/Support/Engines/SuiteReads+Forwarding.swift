package import Booking
package import CommandBus
package import Foundation
package import Mail
package import Wallet

extension BookingReads where Self: SuiteReads {
    package func booking(_ id: BookingID) throws -> BookingRecord? {
        try base.booking(id)
    }

    package func bookings(
        of rider: AccountID, state: BookingState?, before: BookingID?, limit: Int
    ) throws -> [BookingRecord] {
        try base.bookings(of: rider, state: state, before: before, limit: limit)
    }

    package func liveBooking(of rider: AccountID, on departure: DepartureID) throws -> BookingID? {
        try base.liveBooking(of: rider, on: departure)
    }

    package func ridesToCome(of rider: AccountID, at now: Timestamp) throws -> Int {
        try base.ridesToCome(of: rider, at: now)
    }

    package func bookings(after: BookingID?, limit: Int) throws -> [BookingRecord] {
        try base.bookings(after: after, limit: limit)
    }

    package func departureTallies() throws -> [DepartureTally] {
        try base.departureTallies()
    }
}

extension TimetableReads where Self: SuiteReads {
    package func route(_ id: RouteID) throws -> BusRoute? {
        try base.route(id)
    }

    package func routes() throws -> [BusRoute] {
        try base.routes()
    }

    package func stop(_ id: StopID) throws -> Stop? {
        try base.stop(id)
    }

    package func stops() throws -> [Stop] {
        try base.stops()
    }

    package func bus(_ id: BusID) throws -> Bus? {
        try base.bus(id)
    }

    package func buses(_ ids: Set<BusID>) throws -> [Bus] {
        try base.buses(ids)
    }

    package func routes(_ ids: Set<RouteID>) throws -> [BusRoute] {
        try base.routes(ids)
    }

    package func stops(_ ids: Set<StopID>) throws -> [Stop] {
        try base.stops(ids)
    }

    package func buses(after: BusID?, limit: Int) throws -> [Bus] {
        try base.buses(after: after, limit: limit)
    }

    package func importedBuses() throws -> Set<BusID> {
        try base.importedBuses()
    }

    package func calendars() throws -> [ServiceID: ServiceCalendar] {
        try base.calendars()
    }

    package func plans(
        of service: ServiceID, lackingDepartureOn date: CivilDate, after: BusID?, limit: Int
    ) throws -> [BusPlan] {
        try base.plans(of: service, lackingDepartureOn: date, after: after, limit: limit)
    }

    package func departure(_ id: DepartureID) throws -> DepartureRecord? {
        try base.departure(id)
    }

    package func departures(_ query: DepartureQuery) throws -> [DepartureRecord] {
        try base.departures(query)
    }

    package func openDepartures(route: RouteID?) throws -> [DepartureRecord] {
        try base.openDepartures(route: route)
    }

    package func importedDepartures(after: Timestamp) throws -> [DepartureRecord] {
        try base.importedDepartures(after: after)
    }

    package func latestImport() throws -> Int64 {
        try base.latestImport()
    }

    package func overdueDepartures(at now: Timestamp, limit: Int) throws -> [DepartureRecord] {
        try base.overdueDepartures(at: now, limit: limit)
    }
}

extension LedgerReads where Self: SuiteReads {
    package func balance(of account: LedgerAccount) throws -> Int64? {
        try base.balance(of: account)
    }

    package func currency(of account: LedgerAccount) throws -> CurrencyCode? {
        try base.currency(of: account)
    }

    package func movements(of account: LedgerAccount, before: Int64?, limit: Int) throws -> [Movement] {
        try base.movements(of: account, before: before, limit: limit)
    }

    package func chains() throws -> [Int: ChainHead] {
        try base.chains()
    }

    package func journal(of chain: Int, after sequence: Int64, limit: Int) throws -> [StoredEntry] {
        try base.journal(of: chain, after: sequence, limit: limit)
    }

    package func balances() throws -> [(account: LedgerAccount, state: AccountBalance)] {
        try base.balances()
    }
}

extension OutboxReads where Self: SuiteReads {
    package func nextLetterDue() throws -> Timestamp? {
        try base.nextLetterDue()
    }

    package func outboxCount() throws -> (waiting: Int, abandoned: Int) {
        try base.outboxCount()
    }
}

extension SettingReads where Self: SuiteReads {
    package func setting(_ name: String) throws -> Data? {
        try base.setting(name)
    }
}

extension AuditReads where Self: SuiteReads {
    package func audit(_ query: AuditQuery) throws -> [AuditEntry] {
        try base.audit(query)
    }
}

extension EventReads where Self: SuiteReads {
    package func events(of subject: String, before: EventID?, limit: Int) throws -> [StoredEvent] {
        try base.events(of: subject, before: before, limit: limit)
    }
}

extension SuiteSnapshot: BookingReads, TimetableReads, LedgerReads, OutboxReads, SettingReads, AuditReads, EventReads {}
extension SuiteTransaction: AuditReads, EventReads {}

package import Auth
package import Booking
package import CommandBus
package import Cryptography
package import Foundation
package import Mail
package import Wallet

extension AccountReads where Self: SuiteReads {
    package func account(_ id: AccountID) throws -> Account? {
        try base.account(id)
    }

    package func hasAccounts() throws -> Bool {
        try base.hasAccounts()
    }

    package func account(email: EmailAddress) throws -> Account? {
        try base.account(email: email)
    }

    package func addresses(of roles: Set<Role>) throws -> [EmailAddress] {
        try base.addresses(of: roles)
    }

    package func session(token: Digest256) throws -> StoredSession? {
        try base.session(token: token)
    }

    package func openSession(of account: AccountID) throws -> StoredSession? {
        try base.openSession(of: account)
    }

    package func openSessionTallies() throws -> [OpenSessionTally] {
        try base.openSessionTallies()
    }

    package func knows(device: Digest256, of account: AccountID) throws -> Bool {
        try base.knows(device: device, of: account)
    }

    package func challenge(token: Digest256) throws -> CodeChallenge? {
        try base.challenge(token: token)
    }

    package func registrationGrant(token: Digest256) throws -> RegistrationGrant? {
        try base.registrationGrant(token: token)
    }

    package func codesSent(to address: EmailAddress, for purpose: CodePurpose, since start: Timestamp) throws -> [Timestamp]
    {
        try base.codesSent(to: address, for: purpose, since: start)
    }

    package func codeFailures(
        of address: EmailAddress, for purpose: CodePurpose, since start: Timestamp
    ) throws -> (count: Int, firstSentAt: Timestamp?) {
        try base.codeFailures(of: address, for: purpose, since: start)
    }
}

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

extension SuiteSnapshot: AccountReads, BookingReads, TimetableReads, LedgerReads, OutboxReads, SettingReads {}

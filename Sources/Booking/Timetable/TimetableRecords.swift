package import CommandBus

/// What a store can tell of the timetable.
package protocol TimetableReads {
    func route(_ id: RouteID) throws -> BusRoute?
    func routes() throws -> [BusRoute]
    func stop(_ id: StopID) throws -> Stop?
    func stops() throws -> [Stop]

    /// A bus, whether it still runs or has been ended.
    func bus(_ id: BusID) throws -> Bus?
    /// Those of some buses, routes and stops that there are: one question, where each is a way to another machine.
    func buses(_ ids: Set<BusID>) throws -> [Bus]
    func routes(_ ids: Set<RouteID>) throws -> [BusRoute]
    func stops(_ ids: Set<StopID>) throws -> [Stop]
    /// The buses that have not been ended, in the order of their identifiers.
    func buses(after: BusID?, limit: Int) throws -> [Bus]
    /// The imported buses that have not been ended.
    func importedBuses() throws -> Set<BusID>
    /// The calendars that buses keep.
    func calendars() throws -> [ServiceID: ServiceCalendar]
    /// The buses that keep a calendar, have not been ended, and have no departure on a date, in the order of their
    /// identifiers.
    func plans(of service: ServiceID, lackingDepartureOn date: CivilDate, after: BusID?, limit: Int) throws -> [BusPlan]

    func departure(_ id: DepartureID) throws -> DepartureRecord?
    /// A page of departures in the order of their time.
    func departures(_ query: DepartureQuery) throws -> [DepartureRecord]
    /// The departures that are still to leave, of all routes or of one.
    func openDepartures(route: RouteID?) throws -> [DepartureRecord]
    /// The departures of imported buses that leave after an instant, whatever their state.
    func importedDepartures(after: Timestamp) throws -> [DepartureRecord]
    /// The number of the newest import; 0 if there was none.
    func latestImport() throws -> Int64
    /// The scheduled departures whose time is not after an instant, the oldest first.
    func overdueDepartures(at now: Timestamp, limit: Int) throws -> [DepartureRecord]
}

extension TimetableReads {
    // Where the store is in the same process, one by one is as good.
    package func buses(_ ids: Set<BusID>) throws -> [Bus] { try ids.compactMap { try bus($0) } }
    package func routes(_ ids: Set<RouteID>) throws -> [BusRoute] { try ids.compactMap { try route($0) } }
    package func stops(_ ids: Set<StopID>) throws -> [Stop] { try ids.compactMap { try stop($0) } }
}

/// What a unit of work can write of the timetable.
package protocol TimetableRecords: TimetableReads {
    /// Makes a route or changes it.
    func put(_ route: BusRoute) throws
    /// Makes a stop or changes it.
    func put(_ stop: Stop) throws
    /// Makes a calendar or replaces it.
    func put(_ calendar: ServiceCalendar, as service: ServiceID) throws
    /// Makes a bus or changes it; one that was ended runs again.
    func put(_ bus: Bus) throws
    /// Ends a bus: it stays as history, and there are no new departures of it.
    func end(_ bus: BusID, at: Timestamp) throws

    /// Keeps every other change of buses, calendars and their departures out until this transaction is over: what is
    /// made of the timetable must be made of the newest one.
    func holdTimetable() throws
    /// Makes a departure, unless its bus has one on that service date already.
    ///
    /// - Returns: whether it was made.
    func insert(_ departure: DepartureRecord) throws -> Bool
    /// Changes the terms and the state of a departure: all but its bus, its service date and its sold seats.
    ///
    /// - Returns: the departure after it; nil if there is no such departure.
    func update(_ departure: DepartureRecord) throws -> DepartureRecord?
    /// Changes the state of a departure and nothing else.
    ///
    /// - Returns: the departure after it; nil if there is no such departure.
    func setState(_ state: DepartureState, of departure: DepartureID) throws -> DepartureRecord?

    func insert(_ entry: TimetableImportEntry) throws
}

/// Which departures a page of a list holds.
package struct DepartureQuery: Sendable {
    package var date: CivilDate?
    /// The first stop.
    package var from: StopID?
    /// The last stop.
    package var to: StopID?
    package var route: RouteID?
    /// Only departures that leave at this instant or later.
    package var notBefore: Timestamp?
    /// Where the page before ended.
    package var after: Position?
    package var limit: Int

    /// The sort key: the time first, then the identifier.
    package struct Position: Sendable, Hashable {
        package let departsAt: Timestamp
        package let id: DepartureID

        package init(departsAt: Timestamp, id: DepartureID) {
            self.departsAt = departsAt
            self.id = id
        }
    }

    package init(
        date: CivilDate? = nil, from: StopID? = nil, to: StopID? = nil, route: RouteID? = nil,
        notBefore: Timestamp? = nil, after: Position? = nil, limit: Int
    ) {
        self.date = date
        self.from = from
        self.to = to
        self.route = route
        self.notBefore = notBefore
        self.after = after
        self.limit = limit
    }
}

/// An entry of the log of imports.
package struct TimetableImportEntry: Sendable, Hashable {
    package let at: Timestamp
    /// Where the feed was read from, for people.
    package let source: String
    package let routes: Int
    package let stops: Int
    package let buses: Int
    package let corrected: Int
    package let refused: Int
    /// The whole report, a line each.
    package let report: String

    package init(
        at: Timestamp, source: String, routes: Int, stops: Int, buses: Int, corrected: Int, refused: Int, report: String
    ) {
        self.at = at
        self.source = source
        self.routes = routes
        self.stops = stops
        self.buses = buses
        self.corrected = corrected
        self.refused = refused
        self.report = report
    }
}

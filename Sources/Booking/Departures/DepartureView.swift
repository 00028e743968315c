package import CommandBus

/// A departure on the wire.
package struct DepartureView: Codable, Sendable {
    package let id: DepartureID
    package let bus: BusID
    package let route: RouteID
    package let routeName: String
    package let direction: Direction
    package let headsign: String?
    /// The first stop.
    package let from: StopID
    /// The last stop.
    package let to: StopID
    package let stops: [StopView]
    package let serviceDate: CivilDate
    package let departsAt: Timestamp
    package let capacity: Int
    package let seatsLeft: Int
    package let fare: Money
    package let state: DepartureState
}

/// A halt of a departure on the wire.
package struct StopView: Codable, Sendable {
    package let id: StopID
    package let name: String
    package let arrivesAt: Timestamp
    package let departsAt: Timestamp
}

/// Turns departures into what clients see of them; what they share is read at once.
struct DepartureViews {
    private let buses: [BusID: Bus]
    private let routes: [RouteID: BusRoute]
    private let stops: [StopID: Stop]

    /// - Parameter departures: those that will be asked for.
    init(of departures: [DepartureRecord], in reads: some TimetableReads) throws {
        let buses = try reads.buses(Set(departures.map(\.bus)))
        self.buses = Dictionary(buses.map { ($0.id, $0) }) { $1 }
        routes = Dictionary(try reads.routes(Set(departures.map(\.route))).map { ($0.id, $0) }) { $1 }
        stops = Dictionary(try reads.stops(Set(buses.flatMap { $0.calls.map(\.stop) })).map { ($0.id, $0) }) { $1 }
    }

    func view(_ departure: DepartureRecord) throws -> DepartureView {
        guard let bus = buses[departure.bus] else { throw TimetableFault.missing("bus \(departure.bus)") }
        return DepartureView(
            id: departure.id, bus: bus.id, route: departure.route,
            routeName: routes[departure.route]?.name ?? departure.route.raw, direction: bus.direction,
            headsign: bus.headsign, from: bus.from, to: bus.to,
            // The departure keeps its own instant; the halts follow from the service date as it does.
            stops: bus.calls.map { call in
                StopView(
                    id: call.stop, name: stops[call.stop]?.name ?? call.stop.raw,
                    arrivesAt: call.arrival.instant(on: departure.serviceDate, in: bus.zone),
                    departsAt: call.departure.instant(on: departure.serviceDate, in: bus.zone)
                )
            },
            serviceDate: departure.serviceDate, departsAt: departure.departsAt, capacity: departure.seats.capacity,
            seatsLeft: departure.seats.available, fare: departure.fare, state: departure.state
        )
    }
}

/// A mistake of ours, never of a client.
enum TimetableFault: Error {
    case missing(String)
}

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

/// Turns departures into what clients see of them; what they share is read once.
struct DepartureViews<Reads: TimetableReads> {
    private let reads: Reads
    private var buses: [BusID: Bus] = [:]
    private var routes: [RouteID: String] = [:]
    private var stops: [StopID: String] = [:]

    init(_ reads: Reads) {
        self.reads = reads
    }

    mutating func view(_ departure: DepartureRecord) throws -> DepartureView {
        guard let bus = try buses[departure.bus] ?? reads.bus(departure.bus) else {
            throw TimetableFault.missing("bus \(departure.bus)")
        }
        buses[bus.id] = bus
        var calls: [StopView] = []
        calls.reserveCapacity(bus.calls.count)
        // The departure keeps its own instant; the halts follow from the service date as it does.
        for call in bus.calls {
            calls.append(
                StopView(
                    id: call.stop, name: try stopName(call.stop),
                    arrivesAt: call.arrival.instant(on: departure.serviceDate, in: bus.zone),
                    departsAt: call.departure.instant(on: departure.serviceDate, in: bus.zone)
                )
            )
        }
        return DepartureView(
            id: departure.id, bus: bus.id, route: departure.route, routeName: try routeName(departure.route),
            direction: bus.direction, headsign: bus.headsign, from: bus.from, to: bus.to, stops: calls,
            serviceDate: departure.serviceDate, departsAt: departure.departsAt, capacity: departure.seats.capacity,
            seatsLeft: departure.seats.available, fare: departure.fare, state: departure.state
        )
    }

    private mutating func routeName(_ id: RouteID) throws -> String {
        if let known = routes[id] { return known }
        let name = try reads.route(id)?.name ?? id.raw
        routes[id] = name
        return name
    }

    private mutating func stopName(_ id: StopID) throws -> String {
        if let known = stops[id] { return known }
        let name = try reads.stop(id)?.name ?? id.raw
        stops[id] = name
        return name
    }
}

/// A mistake of ours, never of a client.
enum TimetableFault: Error {
    case missing(String)
}

package import CommandBus
package import Foundation

/// A line that the operator runs, under which its buses are listed.
package struct BusRoute: Sendable, Hashable {
    package let id: RouteID
    /// What riders call it; never empty.
    package let name: String
    package let shortName: String?

    package init(id: RouteID, name: String, shortName: String?) {
        self.id = id
        self.name = name
        self.shortName = shortName
    }
}

/// A place where buses halt.
package struct Stop: Sendable, Hashable {
    package let id: StopID
    package let name: String
    /// Degrees (WGS 84); nil where the timetable does not say.
    package let location: Location?

    package struct Location: Sendable, Hashable {
        package let latitude: Double
        package let longitude: Double

        package init(latitude: Double, longitude: Double) {
            self.latitude = latitude
            self.longitude = longitude
        }
    }

    package init(id: StopID, name: String, location: Location?) {
        self.id = id
        self.name = name
        self.location = location
    }
}

/// Which of the two ways of its route a bus goes.
package enum Direction: String, WireEnum {
    case outbound
    case inbound
}

/// A halt of a bus, with its times on any service date.
package struct BusCall: Sendable, Hashable {
    package let stop: StopID
    package let arrival: ServiceTime
    package let departure: ServiceTime

    package init(stop: StopID, arrival: ServiceTime, departure: ServiceTime) {
        self.stop = stop
        self.arrival = arrival
        self.departure = departure
    }
}

/// A scheduled service: where it goes, when, on which days, with how many seats and for how much.
package struct Bus: Sendable, Hashable {
    /// Where a bus was entered.
    package enum Origin: String, Sendable {
        /// By an import, which also ends it when it is gone from the feed.
        case imported
        /// By staff; no import touches it.
        case staff
    }

    package let id: BusID
    package let route: RouteID
    package let direction: Direction
    /// What the front of the bus says.
    package let headsign: String?
    /// At least two, in order; the first may be the last again.
    package let calls: [BusCall]
    /// The calendar that it keeps.
    package let service: ServiceID
    package let capacity: Int
    package let fare: Money
    /// The zone in which its times are meant.
    package let zone: TimeZone
    package let origin: Origin

    package init(
        id: BusID, route: RouteID, direction: Direction, headsign: String?, calls: [BusCall], service: ServiceID,
        capacity: Int, fare: Money, zone: TimeZone, origin: Origin
    ) {
        precondition(calls.count >= 2, "a bus halts at least twice")
        self.id = id
        self.route = route
        self.direction = direction
        self.headsign = headsign
        self.calls = calls
        self.service = service
        self.capacity = capacity
        self.fare = fare
        self.zone = zone
        self.origin = origin
    }

    package var from: StopID { calls[0].stop }
    package var to: StopID { calls[calls.count - 1].stop }
    /// When it leaves its first stop.
    package var leaves: ServiceTime { calls[0].departure }

    /// What a departure of this bus is made of.
    package var plan: BusPlan {
        BusPlan(bus: id, route: route, leaves: leaves, zone: zone, capacity: capacity, fare: fare)
    }
}

/// As much of a bus as a departure is made of.
package struct BusPlan: Sendable, Hashable {
    package let bus: BusID
    package let route: RouteID
    package let leaves: ServiceTime
    package let zone: TimeZone
    package let capacity: Int
    package let fare: Money

    package init(bus: BusID, route: RouteID, leaves: ServiceTime, zone: TimeZone, capacity: Int, fare: Money) {
        self.bus = bus
        self.route = route
        self.leaves = leaves
        self.zone = zone
        self.capacity = capacity
        self.fare = fare
    }
}

/// What becomes of a departure.
package enum DepartureState: String, WireEnum {
    case scheduled
    case boarding
    case departed
    case cancelled
}

/// Where the seats of a departure are; they always add up to its capacity.
package struct SeatCounts: Sendable, Hashable {
    package let available: Int
    package let booked: Int
    package let boarded: Int
    package let noShow: Int

    package init(available: Int, booked: Int = 0, boarded: Int = 0, noShow: Int = 0) {
        self.available = available
        self.booked = booked
        self.boarded = boarded
        self.noShow = noShow
    }

    package var capacity: Int { available + booked + boarded + noShow }
    /// Seats that somebody paid for and did not give back.
    package var sold: Int { booked + boarded + noShow }
}

/// One bus on one service date, as it is kept.
package struct DepartureRecord: Sendable, Hashable {
    package let id: DepartureID
    package let bus: BusID
    package let route: RouteID
    package let serviceDate: CivilDate
    /// Shown in the offset of the bus's zone.
    package let departsAt: Timestamp
    package let seats: SeatCounts
    /// The fare of the bus when the departure was made.
    package let fare: Money
    package let state: DepartureState
    /// Cancelled because the timetable no longer has it, not by staff; an import may bring it back.
    package let isWithdrawn: Bool
    /// Counts the changes that the store has made, so that of two states of it the newer one can be told.
    package let revision: Int64

    package init(
        id: DepartureID, bus: BusID, route: RouteID, serviceDate: CivilDate, departsAt: Timestamp, seats: SeatCounts,
        fare: Money, state: DepartureState, isWithdrawn: Bool = false, revision: Int64 = 1
    ) {
        self.id = id
        self.bus = bus
        self.route = route
        self.serviceDate = serviceDate
        self.departsAt = departsAt
        self.seats = seats
        self.fare = fare
        self.state = state
        self.isWithdrawn = isWithdrawn
        self.revision = revision
    }
}

package enum ServiceKind: IdentifiedKind { package static let prefix = "svc" }

/// Names a calendar that buses keep.
package typealias ServiceID = Identifier<ServiceKind>

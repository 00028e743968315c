package import CommandBus
package import Foundation

/// Makes a feed's change out of the new state of a departure.
package typealias DepartureAnnouncer = @Sendable (DepartureRecord) throws -> FeedChange

/// Rolls the timetable forward: makes the departures of the days to come, and marks those that have left.
///
/// Nothing that is there is ever overwritten, so it may be run as often as one likes, by any number of instances.
package struct TimetableRoller: Sendable {
    /// How many days after today are made.
    package let horizonDays: Int
    /// The operator's zone, which says what day it is.
    package let zone: TimeZone
    private let announce: DepartureAnnouncer

    /// Departures that one unit of work looks at, so that bookings need not wait long for it.
    private static let batchSize = 500

    /// - Parameters:
    ///   - horizonDays: how many days after today are made.
    ///   - zone: the operator's zone.
    ///   - announce: tells the `seats` feed of a departure that is new or has changed.
    package init(horizonDays: Int, zone: TimeZone, announce: @escaping DepartureAnnouncer) {
        self.horizonDays = horizonDays
        self.zone = zone
        self.announce = announce
    }

    /// What a roll did.
    package struct Summary: Sendable, Equatable {
        package var made = 0
        package var departed = 0
    }

    /// How far the roll of a service date has come: the last bus that was looked at.
    package struct Progress: Sendable, Equatable {
        let service: ServiceID
        let bus: BusID
    }

    /// Rolls everything, in units of work that are each a service date at most, and less where there are many buses.
    package func roll<Runner: UnitRunner>(on runner: Runner, context: CommandContext) async throws -> Summary
    where Runner.Transaction: TimetableRecords {
        var summary = Summary()
        for date in serviceDates(at: context.now) {
            var progress: Progress?
            repeat {
                let from = progress
                let (made, next) = try await runner.run(context) { work in try roll(date, from: from, in: work) }
                summary.made += made
                progress = next
            } while progress != nil
        }
        while true {
            let departed = try await runner.run(context) { work in try markDeparted(in: work) }
            summary.departed += departed
            if departed < Self.batchSize { return summary }
        }
    }

    /// The service dates that may have departures to come, from today up to the horizon.
    ///
    /// It begins before today: a bus of yesterday's service day may leave after midnight, and a bus may keep the time of
    /// a zone where it is still yesterday.
    package func serviceDates(at now: Timestamp) -> [CivilDate] {
        let today = CivilDate(now, in: zone)
        let back = ServiceTime.limit.seconds / 86_400 + 1
        return (-back...max(horizonDays, 0)).map { today.adding(days: $0) }
    }

    /// Makes what is missing of one service date and still to leave, a batch of it.
    ///
    /// - Parameter progress: where the batch before ended; nil for the first.
    /// - Returns: how many departures were made, and where the next batch begins; nil if there is none.
    package func roll<Tx: TimetableRecords>(
        _ date: CivilDate, from progress: Progress?, in work: Work<Tx>
    ) throws -> (made: Int, next: Progress?) {
        try work.tx.holdTimetable()
        let running = try work.tx.calendars().filter { $0.value.runs(on: date) }.keys.sorted { $0.raw < $1.raw }
        var (made, left) = (0, Self.batchSize)
        for service in running where progress.map({ $0.service.raw <= service.raw }) ?? true {
            let after = progress?.service == service ? progress?.bus : nil
            let plans = try work.tx.plans(of: service, lackingDepartureOn: date, after: after, limit: left)
            for plan in plans {
                let departure = plan.departure(on: date)
                // What has left already was never on sale.
                guard departure.departsAt > work.context.now, try work.tx.insert(departure) else { continue }
                work.publish(try announce(departure))
                made += 1
            }
            left -= plans.count
            if left == 0, let last = plans.last { return (made, Progress(service: service, bus: last.bus)) }
        }
        return (made, nil)
    }

    /// Marks scheduled departures whose time has come as departed, a batch of them. One that is boarding is left to its
    /// conductor.
    ///
    /// - Returns: how many were marked; fewer than a whole batch means that none is left.
    package func markDeparted<Tx: TimetableRecords>(in work: Work<Tx>) throws -> Int {
        let overdue = try work.tx.overdueDepartures(at: work.context.now, limit: Self.batchSize)
        for departure in overdue {
            guard let departed = try work.tx.setState(.departed, of: departure.id) else { continue }
            work.publish(try announce(departed))
        }
        return overdue.count
    }
}

extension BusPlan {
    /// The departure of this bus on a service date, with all seats free.
    package func departure(on date: CivilDate) -> DepartureRecord {
        DepartureRecord(
            id: .of(bus, on: date), bus: bus, route: route, serviceDate: date,
            departsAt: leaves.instant(on: date, in: zone), seats: SeatCounts(available: capacity), fare: fare,
            state: .scheduled
        )
    }
}

extension DepartureRecord {
    /// The same departure in another state.
    package func with(state: DepartureState, isWithdrawn: Bool = false) -> DepartureRecord {
        DepartureRecord(
            id: id, bus: bus, route: route, serviceDate: serviceDate, departsAt: departsAt, seats: seats, fare: fare,
            state: state, isWithdrawn: isWithdrawn, revision: revision
        )
    }
}

package import CommandBus
import Foundation

/// Puts a feed into the timetable, all of it in one unit of work.
///
/// The imported part of the timetable becomes what the feed says. Buses that staff entered are not touched. Departures to
/// come follow their bus as long as no seat in them is sold: their seats, fare and time change with it, and those that are
/// no longer in the timetable are withdrawn, that is cancelled, and come back when a later import has them again. A
/// departure with a sold seat is never changed; the report names it. New departures are made by ``TimetableRoller``.
package enum TimetableImport {
    /// - Parameters:
    ///   - feed: the feed, read and checked.
    ///   - options: what it does not say.
    ///   - work: the unit of work; its instant decides what is over.
    ///   - announce: tells the `seats` feed of a departure that has changed.
    /// - Throws: ``FeedRefused`` if no bus of it can be taken; what the store throws.
    package static func run<Tx: TimetableRecords>(
        _ feed: GTFSFeed, _ options: TimetableImportOptions, in work: Work<Tx>,
        announcing announce: @escaping DepartureAnnouncer
    ) throws -> ImportReport {
        var run = ImportRun(feed: feed, options: options, work: work, announce: announce)
        return try run.run()
    }
}

/// An import under way.
private struct ImportRun<Tx: TimetableRecords> {
    let feed: GTFSFeed
    let options: TimetableImportOptions
    let work: Work<Tx>
    let announce: DepartureAnnouncer
    var log: FindingLog
    var changed = 0
    var withdrawn = 0

    init(feed: GTFSFeed, options: TimetableImportOptions, work: Work<Tx>, announce: @escaping DepartureAnnouncer) {
        self.feed = feed
        self.options = options
        self.work = work
        self.announce = announce
        log = feed.log
    }

    mutating func run() throws -> ImportReport {
        let calendars = shiftedCalendars()
        noteZone()
        try work.tx.holdTimetable()
        let running = try work.tx.importedBuses()
        let (buses, changedBuses) = try takenBuses(running)
        guard !buses.isEmpty else { throw FeedRefused("none of its buses can be taken", log) }
        let vanished = running.subtracting(buses.map(\.id))

        for route in feed.routes { try work.tx.put(route) }
        for stop in feed.stops { try work.tx.put(stop) }
        for (service, calendar) in calendars { try work.tx.put(calendar, as: service) }
        for bus in changedBuses { try work.tx.put(bus) }
        for bus in vanished.sorted(by: { $0.raw < $1.raw }) {
            try work.tx.end(bus, at: work.context.now)
            log.add(.note, "trips.txt", nil, "bus \(quoted(bus.raw)) is no longer in the feed", "it is ended")
        }
        try reconcile(buses, calendars)
        return try keepReport(buses: buses.count, ended: vanished.count)
    }

    // MARK: - Dates

    private mutating func shiftedCalendars() -> [ServiceID: ServiceCalendar] {
        let file = feed.calendarFile
        guard let dates = feed.serviceDates else {
            log.add(.note, file, nil, "no trip has a day of service", "nothing will run")
            return feed.calendars
        }
        let days = options.shift(of: dates)
        let (first, last) = (dates.lowerBound.adding(days: days), dates.upperBound.adding(days: days))
        if days != 0 {
            let weeks = "\(counted(abs(days) / 7, "week")) \(days > 0 ? "later" : "earlier")"
            log.add(
                .note, file, nil, "service is from \(dates.lowerBound) to \(dates.upperBound)",
                "moved to \(first) to \(last), \(weeks)"
            )
        }
        let today = CivilDate(work.context.now, in: options.zone)
        if last < today {
            log.add(
                .note, file, nil, "the last day of service was \(last), and is over",
                "nothing will run: use --shift-to \(today)"
            )
        } else if first > today {
            log.add(.note, file, nil, "the first day of service is \(first)", "nothing runs before")
        }
        return days == 0 ? feed.calendars : feed.calendars.mapValues { $0.shifted(days: days) }
    }

    private mutating func noteZone() {
        guard feed.zone.identifier != options.zone.identifier else { return }
        log.add(
            .note, "agency.txt", nil,
            "its times are in \(feed.zone.identifier), the operator is in \(options.zone.identifier)",
            "taken as they are meant"
        )
    }

    // MARK: - Buses

    /// The buses of the feed, and those of them that are not in the timetable just so already.
    private mutating func takenBuses(_ running: Set<BusID>) throws -> (all: [Bus], changed: [Bus]) {
        var (all, changed): ([Bus], [Bus]) = ([], [])
        for trip in feed.trips {
            let known = try work.tx.bus(trip.id)
            if let known, known.origin != .imported {
                let what = "staff entered a bus with the identifier \(quoted(trip.id.raw))"
                log.add(.refused, "trips.txt", trip.line, what, "the trip is left out")
                continue
            }
            let bus = Bus(
                id: trip.id, route: trip.route, direction: trip.direction, headsign: trip.headsign, calls: trip.calls,
                service: trip.service, capacity: options.capacity.raw, fare: options.fare, zone: feed.zone,
                origin: .imported
            )
            all.append(bus)
            if known != bus || !running.contains(bus.id) { changed.append(bus) }
        }
        return (all, changed)
    }

    // MARK: - Departures to come

    private mutating func reconcile(_ buses: [Bus], _ calendars: [ServiceID: ServiceCalendar]) throws {
        let byID = Dictionary(uniqueKeysWithValues: buses.map { ($0.id, $0) })
        for old in try work.tx.importedDepartures(after: work.context.now) {
            let bus = byID[old.bus]
            let runs = bus.flatMap { calendars[$0.service]?.runs(on: old.serviceDate) } ?? false
            let new = runs ? bus?.plan.departure(on: old.serviceDate) : nil
            switch old.state {
            case .boarding, .departed: continue
            case .cancelled where !old.isWithdrawn: continue
            case .scheduled, .cancelled: break
            }
            if old.seats.sold > 0 {
                noteSold(old, new)
            } else if let new {
                guard !old.hasSameTerms(as: new) else { continue }
                try change(new)
                changed += 1
            } else if old.state == .scheduled {
                try change(old.with(state: .cancelled, isWithdrawn: true))
                withdrawn += 1
            }
        }
    }

    private func change(_ departure: DepartureRecord) throws {
        guard let changed = try work.tx.update(departure) else { return }
        work.publish(try announce(changed))
    }

    private mutating func noteSold(_ old: DepartureRecord, _ new: DepartureRecord?) {
        let seats = "\(counted(old.seats.sold, "seat")) \(old.seats.sold == 1 ? "is" : "are") sold"
        let name = "bus \(quoted(old.bus.raw)) on \(old.serviceDate)"
        if new == nil {
            log.add(.note, "trips.txt", nil, "\(name) is no longer in the timetable, but \(seats)", "it stays as it is")
        } else if let new, !old.hasSameTerms(as: new) {
            log.add(.note, "trips.txt", nil, "\(name) has other terms now, but \(seats)", "it keeps the old ones")
        }
    }

    // MARK: - Report

    private func keepReport(buses: Int, ended: Int) throws -> ImportReport {
        let report = ImportReport(
            source: feed.source, routes: feed.routes.count, stops: feed.stops.count, buses: buses, ended: ended,
            changed: changed, withdrawn: withdrawn, corrected: log.corrected, refused: log.refused, findings: log.lines
        )
        try work.tx.insert(
            TimetableImportEntry(
                at: work.context.now, source: report.source, routes: report.routes, stops: report.stops,
                buses: report.buses, corrected: report.corrected, refused: report.refused,
                report: report.lines.joined(separator: "\n")
            )
        )
        try work.record("timetable.imported", subject: "timetable", ImportedEvent(report, source: report.source))
        try work.audit(
            "timetable.import", subject: "timetable", reason: "at the server's machine", before: nil,
            after: ImportedEvent(report, source: nil)
        )
        return report
    }
}

/// What the event log keeps of an import, and the audit log.
private struct ImportedEvent: Encodable {
    /// Nil in the audit log, which names nobody: a path may.
    let source: String?
    let routes: Int
    let stops: Int
    let buses: Int
    let ended: Int
    let changed: Int
    let withdrawn: Int
    let corrected: Int
    let refused: Int

    init(_ report: ImportReport, source: String?) {
        self.source = source
        routes = report.routes
        stops = report.stops
        buses = report.buses
        ended = report.ended
        changed = report.changed
        withdrawn = report.withdrawn
        corrected = report.corrected
        refused = report.refused
    }
}

extension DepartureRecord {
    /// Whether a rider would see no difference, sold seats aside.
    fileprivate func hasSameTerms(as other: DepartureRecord) -> Bool {
        state == other.state && route == other.route && departsAt == other.departsAt
            && departsAt.offsetMinutes == other.departsAt.offsetMinutes && seats.capacity == other.seats.capacity
            && fare == other.fare
    }
}

import CommandBus
package import Foundation

/// What a feed says, checked and corrected: a timetable that can be imported.
package struct GTFSFeed: Sendable {
    /// One run of a vehicle along its halts.
    struct Trip: Sendable, Hashable {
        let id: BusID
        let route: RouteID
        let direction: Direction
        let headsign: String?
        let calls: [BusCall]
        let service: ServiceID
        /// Where it stands in trips.txt.
        let line: Int
    }

    /// Where it was read from, for people.
    package let source: String
    /// The zone in which its times are meant.
    package let zone: TimeZone
    let routes: [BusRoute]
    let stops: [Stop]
    let calendars: [ServiceID: ServiceCalendar]
    let trips: [Trip]
    let log: FindingLog

    /// Reads and checks the files of a feed. It computes for as long as the feed is large: call it on a thread of its own.
    ///
    /// - Throws: ``FeedRefused`` if nothing can run by this feed.
    package static func read(_ files: FeedFiles) throws -> GTFSFeed {
        var reader = GTFSReader(files)
        return try reader.read()
    }

    /// The file that says when it runs, to which findings about its dates belong.
    let calendarFile: String

    /// The first and the last date on which any of its trips runs; nil if none ever does.
    var serviceDates: ClosedRange<CivilDate>? {
        let kept = Set(trips.map(\.service)).compactMap { calendars[$0] }
        guard let first = kept.compactMap(\.firstDate).min(), let last = kept.compactMap(\.lastDate).max()
        else { return nil }
        return first...last
    }
}

package import CommandBus
package import Foundation

/// A time of a service day, in seconds since "noon minus 12 hours"; it may exceed 24:00:00.
///
/// Noon is never skipped and never repeated, so counting from there gives every time of a service day one instant, on
/// the days when the clocks change too (GTFS reference, "Time").
package struct ServiceTime: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Times from here on would lie more than a day beside their service day; no real timetable has them.
    package static let limit = ServiceTime(seconds: 48 * 3600)

    package let seconds: Int

    package init(seconds: Int) {
        self.seconds = seconds
    }

    /// Reads `9:30:00`, `09:30:00` or `25:10:00`; nil if the text is no such time.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, (1...3).contains(parts[0].utf8.count), parts[1].utf8.count == 2, parts[2].utf8.count == 2
        else { return nil }
        var numbers: [Int] = []
        for part in parts {
            guard part.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(part) else { return nil }
            numbers.append(number)
        }
        guard numbers[1] < 60, numbers[2] < 60 else { return nil }
        self.init(seconds: numbers[0] * 3600 + numbers[1] * 60 + numbers[2])
    }

    package static func < (left: ServiceTime, right: ServiceTime) -> Bool { left.seconds < right.seconds }

    /// `09:30:00`.
    package var description: String {
        [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }

    /// The instant of this time on a service date in a zone, shown in the zone's offset at that instant.
    package func instant(on date: CivilDate, in zone: TimeZone) -> Timestamp {
        let noon = zone.instant(of: date, secondsOfDay: 12 * 3600)
        let instant = noon + Int64(seconds) - 12 * 3600
        return Timestamp(milliseconds: instant * 1000, offsetMinutes: zone.offset(at: instant) / 60)
    }
}

extension CivilDate {
    /// The day that it is at an instant in a zone.
    package init(_ instant: Timestamp, in zone: TimeZone) {
        let seconds = instant.milliseconds.flooredQuotient(by: 1000)
        let local = seconds + Int64(zone.offset(at: seconds))
        self.init(daysSinceEpoch: Int(local.flooredQuotient(by: 86_400)))
    }
}

extension TimeZone {
    /// Seconds east of UTC at an instant, in seconds since 1970.
    fileprivate func offset(at instant: Int64) -> Int {
        secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
    }

    /// The instant, in seconds since 1970, of a time on the wall clock.
    fileprivate func instant(of date: CivilDate, secondsOfDay: Int) -> Int64 {
        let wall = Int64(date.daysSinceEpoch) * 86_400 + Int64(secondsOfDay)
        // The offset is asked for at a first guess, and once more at the second, in case a change lies between them.
        let guess = wall - Int64(offset(at: wall))
        return wall - Int64(offset(at: guess))
    }
}

/// A time of the day on the operator's clock, to the minute.
struct Daytime: Sendable, Comparable, CustomStringConvertible {
    /// Minutes since midnight, 0 to 1440; 1440 is the midnight at the day's end.
    let minutes: Int

    init(hour: Int, minute: Int = 0) {
        minutes = hour * 60 + minute
    }

    /// Reads `09:30`; nil if the text is no such time.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 5, bytes[2] == UInt8(ascii: ":"),
            [0, 1, 3, 4].allSatisfy({ (48...57).contains(bytes[$0]) })
        else { return nil }
        let digits = bytes.map { Int($0) - 48 }
        let (hour, minute) = (digits[0] * 10 + digits[1], digits[3] * 10 + digits[4])
        guard minute < 60, hour * 60 + minute <= 1440 else { return nil }
        self.init(hour: hour, minute: minute)
    }

    static func < (left: Daytime, right: Daytime) -> Bool { left.minutes < right.minutes }

    var description: String {
        [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }
}

/// A part of the day: from a time until just before another.
struct DaytimeRange: Sendable, Equatable, CustomStringConvertible {
    let from: Daytime
    let to: Daytime

    init(from: Daytime, to: Daytime) {
        self.from = from
        self.to = to
    }

    /// Reads `10:00-13:00`; nil if the text is no such range, or an empty one.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let from = Daytime(String(parts[0])), let to = Daytime(String(parts[1])), from < to
        else { return nil }
        self.init(from: from, to: to)
    }

    var description: String { "\(from)-\(to)" }
}

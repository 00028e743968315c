package import Foundation

/// An instant in milliseconds since 1970, written as RFC 3339 with an offset.
///
/// The offset is only how the instant is shown: two timestamps of the same instant are equal.
package struct Timestamp: Sendable, Comparable, Hashable {
    package let milliseconds: Int64
    /// Minutes east of UTC in which the instant is shown.
    package let offsetMinutes: Int

    package init(milliseconds: Int64, offsetMinutes: Int = 0) {
        self.milliseconds = milliseconds
        self.offsetMinutes = offsetMinutes
    }

    package static func == (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds == right.milliseconds }
    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }
    package func hash(into hasher: inout Hasher) { hasher.combine(milliseconds) }

    package func adding(seconds: Int) -> Timestamp { adding(milliseconds: Int64(seconds) * 1000) }

    package func adding(milliseconds more: Int64) -> Timestamp {
        Timestamp(milliseconds: milliseconds + more, offsetMinutes: offsetMinutes)
    }

    /// Whole seconds from this instant until `later`, rounded up; negative if `later` is earlier.
    package func seconds(until later: Timestamp) -> Int {
        let difference = later.milliseconds - milliseconds
        return Int(difference >= 0 ? (difference + 999) / 1000 : difference / 1000)
    }

    package var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}

extension Timestamp: Codable, SchemaProviding, CustomStringConvertible {
    /// The instant as RFC 3339, with milliseconds only where there are any.
    package var description: String {
        let local = milliseconds + Int64(offsetMinutes) * 60_000
        let days = local.flooredQuotient(by: 86_400_000)
        let inDay = Int(local - days * 86_400_000)
        let date = CivilDate(daysSinceEpoch: Int(days))
        let (hour, minute, second, fraction) = (
            inDay / 3_600_000, inDay / 60_000 % 60, inDay / 1000 % 60, inDay % 1000
        )
        var text = "\(date)T\(padded(hour)):\(padded(minute)):\(padded(second))"
        if fraction != 0 { text += "." + padded(fraction, 3) }
        if offsetMinutes == 0 { return text + "Z" }
        let offset = abs(offsetMinutes)
        return text + (offsetMinutes < 0 ? "-" : "+") + "\(padded(offset / 60)):\(padded(offset % 60))"
    }

    /// Reads RFC 3339 (`2026-11-24T08:30:00+05:30`); nil if the text is no such instant.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[range] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 48)
            }
            return value
        }
        guard bytes.count >= 20, bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"),
            let date = CivilDate(String(text.prefix(10))),
            let hour = number(11..<13), bytes[13] == UInt8(ascii: ":"), let minute = number(14..<16),
            bytes[16] == UInt8(ascii: ":"), let second = number(17..<19),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var index = 19
        var fraction = 0
        if bytes[index] == UInt8(ascii: ".") {
            index += 1
            var scale = 100
            let start = index
            while index < bytes.count, (48...57).contains(bytes[index]) {
                fraction += Int(bytes[index] - 48) * scale
                scale /= 10
                index += 1
            }
            guard index > start else { return nil }
        }
        guard index < bytes.count else { return nil }
        var offset = 0
        if bytes[index] == UInt8(ascii: "Z") || bytes[index] == UInt8(ascii: "z") {
            guard index == bytes.count - 1 else { return nil }
        } else {
            guard bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-"), bytes.count == index + 6,
                let hours = number(index + 1..<index + 3), bytes[index + 3] == UInt8(ascii: ":"),
                let minutes = number(index + 4..<index + 6), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (bytes[index] == UInt8(ascii: "-") ? -1 : 1)
        }
        let seconds = Int64(date.daysSinceEpoch) * 86_400 + Int64(hour * 3600 + minute * 60 + second) - Int64(offset) * 60
        self.init(milliseconds: seconds * 1000 + Int64(fraction), offsetMinutes: offset)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Timestamp(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "must be an RFC 3339 date and time")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    package static var schema: Schema {
        .parsed(
            base: .string(format: "date-time"), example: Timestamp(milliseconds: 1_790_000_000_000),
            rule: "must be an RFC 3339 date and time with an offset", accepts: { Timestamp($0) != nil }
        )
    }
}

func padded(_ number: Int, _ width: Int = 2) -> String {
    let digits = String(number)
    return digits.count >= width ? digits : String(repeating: "0", count: width - digits.count) + digits
}

extension Int64 {
    /// The quotient rounded down, below zero too, where division rounds towards zero.
    package func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

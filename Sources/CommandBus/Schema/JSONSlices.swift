package import Foundation

/// Finds the members of a JSON object without decoding them, so that an envelope can hand its content on as the bytes
/// that came in.
///
/// It checks the outer structure only: the brackets, the keys and the commas. What a slice holds is checked by whoever
/// decodes it.
package enum JSONSlices {
    /// The key and the raw value of each member, in the order of the text; nil if the bytes are not one JSON object.
    package static func members(of data: Data) -> [(key: String, value: Data)]? {
        data.withUnsafeBytes { raw -> [(key: String, value: Data)]? in
            var scanner = Scanner(bytes: raw.bindMemory(to: UInt8.self))
            guard let ranges = scanner.object() else { return nil }
            return ranges.map { member in
                let start = data.startIndex
                return (member.key, data[start + member.value.lowerBound..<start + member.value.upperBound])
            }
        }
    }

    private struct Scanner {
        let bytes: UnsafeBufferPointer<UInt8>
        var index = 0

        mutating func object() -> [(key: String, value: Range<Int>)]? {
            var members: [(key: String, value: Range<Int>)] = []
            skipSpace()
            guard take(UInt8(ascii: "{")) else { return nil }
            skipSpace()
            if take(UInt8(ascii: "}")) { return isAtEnd ? members : nil }
            while true {
                skipSpace()
                guard let key = key() else { return nil }
                skipSpace()
                guard take(UInt8(ascii: ":")) else { return nil }
                skipSpace()
                guard let value = value() else { return nil }
                members.append((key, value))
                skipSpace()
                if take(UInt8(ascii: ",")) { continue }
                return take(UInt8(ascii: "}")) && isAtEnd ? members : nil
            }
        }

        private var isAtEnd: Bool {
            mutating get {
                skipSpace()
                return index == bytes.count
            }
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            guard index < bytes.count, bytes[index] == byte else { return false }
            index += 1
            return true
        }

        private mutating func skipSpace() {
            while index < bytes.count, bytes[index] == 32 || (9...10).contains(bytes[index]) || bytes[index] == 13 {
                index += 1
            }
        }

        private mutating func key() -> String? {
            guard let range = string() else { return nil }
            let inner = bytes[range.lowerBound + 1..<range.upperBound - 1]
            if !inner.contains(UInt8(ascii: "\\")) { return String(validating: inner, as: UTF8.self) }
            return try? JSONDecoder().decode(String.self, from: Data(bytes[range]))
        }

        private mutating func string() -> Range<Int>? {
            let start = index
            guard take(UInt8(ascii: "\"")) else { return nil }
            while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "\""):
                    index += 1
                    return start..<index
                case UInt8(ascii: "\\"): index += 2
                case 0..<32: return nil
                default: index += 1
                }
            }
            return nil
        }

        private mutating func value() -> Range<Int>? {
            let start = index
            var depth = 0
            while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "\""):
                    guard string() != nil else { return nil }
                    if depth == 0 { return start..<index }
                case UInt8(ascii: "{"), UInt8(ascii: "["):
                    depth += 1
                    index += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if depth == 0 { return index > start ? trimmed(start) : nil }
                    depth -= 1
                    index += 1
                    if depth == 0 { return start..<index }
                case UInt8(ascii: ",") where depth == 0:
                    return index > start ? trimmed(start) : nil
                default: index += 1
                }
            }
            return nil
        }

        private func trimmed(_ start: Int) -> Range<Int> {
            var end = index
            while end > start, bytes[end - 1] <= 32 { end -= 1 }
            return start..<end
        }
    }
}

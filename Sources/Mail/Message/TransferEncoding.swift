/// The body of a message in lines of plain ASCII (RFC 2045, section 6): as it is if it is that already, else
/// quoted-printable, which people can still read.
struct TransferEncoding {
    let name: String
    let bytes: [UInt8]

    init(_ text: String) {
        let lines = Self.lines(text)
        let isPlain = lines.allSatisfy { line in
            // White space at the end of a line may get lost on the way.
            line.count <= 76 && line.last != 32 && line.last != 9
                && line.allSatisfy { (32...126).contains($0) || $0 == 9 }
        }
        name = isPlain ? "7bit" : "quoted-printable"
        bytes = lines.map { isPlain ? $0 : Self.quotedPrintable($0) }.reduce(into: []) { $0 += $1 + [13, 10] }
    }

    /// The lines of a text, however they end; the last line end makes no empty line.
    private static func lines(_ text: String) -> [[UInt8]] {
        var lines: [[UInt8]] = [[]]
        var previous: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case 10 where previous == 13: break
            case 10, 13: lines.append([])
            default: lines[lines.count - 1].append(byte)
            }
            previous = byte
        }
        if lines.count > 1, lines[lines.count - 1].isEmpty { lines.removeLast() }
        return lines
    }

    private static func quotedPrintable(_ line: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        var output: [UInt8] = []
        var width = 0
        for (index, byte) in line.enumerated() {
            let isSpace = byte == 32 || byte == 9
            let isLiteral = isSpace ? index < line.count - 1 : (33...126).contains(byte) && byte != 61
            let token = isLiteral ? [byte] : [61, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            // A line has at most 76 characters, the "=" that goes on with it included.
            if width + token.count > 75 {
                output += [61, 13, 10]
                width = 0
            }
            output += token
            width += token.count
        }
        return output
    }
}

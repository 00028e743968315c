/// A record of a CSV file, and where it is.
struct CSVRecord: Equatable {
    /// Why a record can't be relied on.
    enum Fault: Equatable {
        case notUTF8
        /// A quoted field that the file ends in.
        case unclosedQuote
        /// Characters between a closing quote and the next comma.
        case textAfterQuote
    }

    /// The line that it begins on, from 1.
    let line: Int
    let fields: [String]
    let fault: Fault?
    /// A quote stands inside an unquoted field, and was taken as a character like others.
    let hasStrayQuote: Bool
}

/// Reads CSV (RFC 4180) record by record, as feeds have it in practice: lines end in LF, CRLF or a bare CR, there may be a
/// byte order mark, spaces around fields, and blank lines.
///
/// A reader of our own because every finding must name its line, and a damaged record must not take the ones after it
/// with it; the CSV packages at hand give rows without their lines and end at the first fault.
struct CSVReader: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var index = 0
    private var line = 1

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { index = 3 }
    }

    mutating func next() -> CSVRecord? {
        while index < bytes.count {
            let record = readRecord()
            if record.fields != [""] || record.fault != nil { return record }
        }
        return nil
    }

    private mutating func readRecord() -> CSVRecord {
        let start = line
        var fields: [String] = []
        var fault: CSVRecord.Fault?
        var hasStrayQuote = false
        while true {
            skipSpaces()
            let content: [UInt8]
            if index < bytes.count, bytes[index] == .quote {
                content = readQuoted(&fault)
            } else {
                content = readPlain(&hasStrayQuote)
            }
            if let text = String(validating: content, as: UTF8.self) {
                fields.append(text)
            } else {
                fields.append("")
                fault = fault ?? .notUTF8
            }
            guard index < bytes.count else { break }
            if bytes[index] == .comma {
                index += 1
            } else {
                skipLineEnd()
                break
            }
        }
        return CSVRecord(line: start, fields: fields, fault: fault, hasStrayQuote: hasStrayQuote)
    }

    /// Reads up to the next comma or line end.
    private mutating func readPlain(_ hasStrayQuote: inout Bool) -> [UInt8] {
        let start = index
        while index < bytes.count, !bytes[index].endsField {
            if bytes[index] == .quote { hasStrayQuote = true }
            index += 1
        }
        var end = index
        while end > start, bytes[end - 1].isSpace { end -= 1 }
        return Array(bytes[start..<end])
    }

    /// Reads a field from its opening quote up to the comma or line end after its closing one.
    private mutating func readQuoted(_ fault: inout CSVRecord.Fault?) -> [UInt8] {
        index += 1
        var content: [UInt8] = []
        while true {
            guard index < bytes.count else {
                fault = fault ?? .unclosedQuote
                return content
            }
            let byte = bytes[index]
            if byte == .quote {
                index += 1
                guard index < bytes.count, bytes[index] == .quote else { break }
                content.append(.quote)
                index += 1
            } else if byte.isLineEnd {
                content.append(.lineFeed)
                skipLineEnd()
            } else {
                content.append(byte)
                index += 1
            }
        }
        skipSpaces()
        while index < bytes.count, !bytes[index].endsField {
            fault = fault ?? .textAfterQuote
            index += 1
        }
        return content
    }

    private mutating func skipSpaces() {
        while index < bytes.count, bytes[index].isSpace { index += 1 }
    }

    private mutating func skipLineEnd() {
        if bytes[index] == .carriageReturn, index + 1 < bytes.count, bytes[index + 1] == .lineFeed { index += 1 }
        index += 1
        line += 1
    }
}

extension UInt8 {
    fileprivate static let quote = UInt8(ascii: "\"")
    fileprivate static let comma = UInt8(ascii: ",")
    fileprivate static let carriageReturn = UInt8(ascii: "\r")
    fileprivate static let lineFeed = UInt8(ascii: "\n")

    fileprivate var isSpace: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
    fileprivate var isLineEnd: Bool { self == .carriageReturn || self == .lineFeed }
    fileprivate var endsField: Bool { self == .comma || isLineEnd }
}

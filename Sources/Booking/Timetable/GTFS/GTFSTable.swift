/// A row of a file of a feed.
struct GTFSRow {
    let line: Int
    private let columns: [String: Int]
    private let fields: [String]

    init(line: Int, columns: [String: Int], fields: [String]) {
        self.line = line
        self.columns = columns
        self.fields = fields
    }

    /// A field by the name of its column; nil if there is no such column or the field is empty.
    subscript(name: String) -> String? {
        guard let index = columns[name], !fields[index].isEmpty else { return nil }
        return fields[index]
    }
}

/// A file of a feed, read row by row by the names of its columns.
struct GTFSTable {
    let file: String
    private var reader: CSVReader
    private let columns: [String: Int]
    private let width: Int
    private var hasRows = false

    /// - Returns: nil if the header can't be used; the log says why.
    init?(_ file: String, _ bytes: [UInt8], required: [String], log: inout FindingLog) {
        self.file = file
        reader = CSVReader(bytes)
        guard let header = reader.next() else {
            log.add(.note, file, nil, "the file is empty", "nothing to take")
            return nil
        }
        if header.fault != nil {
            log.add(.refused, file, header.line, "the header is not CSV in UTF-8", "the file is left out")
            return nil
        }
        var columns: [String: Int] = [:]
        for (index, name) in header.fields.enumerated() where !name.isEmpty {
            let name = name.lowercased()
            guard columns[name] == nil else {
                log.add(.corrected, file, header.line, "the column \(quoted(name)) is there twice", "the first is taken")
                continue
            }
            columns[name] = index
        }
        let missing = required.filter { columns[$0] == nil }
        guard missing.isEmpty else {
            let names = missing.map(quoted).joined(separator: ", ")
            log.add(.refused, file, header.line, "the header lacks \(names)", "the file is left out")
            return nil
        }
        self.columns = columns
        width = header.fields.count
    }

    /// The next row that is whole; those that are not go into the log.
    mutating func next(_ log: inout FindingLog) -> GTFSRow? {
        while let record = reader.next() {
            hasRows = true
            if let what = fault(of: record) {
                log.add(.refused, file, record.line, what, "the row is left out")
                continue
            }
            var fields = record.fields
            if fields.count != width {
                guard fields.count > width, fields[width...].allSatisfy(\.isEmpty) else {
                    log.add(
                        .refused, file, record.line,
                        "the row has \(fields.count) \(fields.count == 1 ? "field" : "fields"), the header has \(width)",
                        "the row is left out"
                    )
                    continue
                }
                log.add(.corrected, file, record.line, "the row ends in surplus commas", "they are passed over")
                fields.removeLast(fields.count - width)
            }
            if record.hasStrayQuote {
                log.add(.corrected, file, record.line, "a quote stands inside an unquoted field", "it is kept as it is")
            }
            return GTFSRow(line: record.line, columns: columns, fields: fields)
        }
        if !hasRows { log.add(.note, file, nil, "there is a header but no row", "nothing to take") }
        return nil
    }

    private func fault(of record: CSVRecord) -> String? {
        switch record.fault {
        case nil: nil
        case .notUTF8: "the text is not UTF-8"
        case .unclosedQuote: "a quoted field is not closed before the end of the file"
        case .textAfterQuote: "there is text between a closing quote and the next comma"
        }
    }
}

/// A text of a feed as it is shown in a finding: in quotes, short and without control characters.
func quoted(_ text: some StringProtocol) -> String {
    let plain = text.unicodeScalars.prefix(60).map { $0.properties.generalCategory == .control ? " " : Character($0) }
    return "'\(String(plain))\(text.unicodeScalars.count > 60 ? "…" : "")'"
}

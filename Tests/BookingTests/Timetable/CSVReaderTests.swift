import Testing

@testable import Booking

@Suite("CSV as feeds have it")
struct CSVReaderTests {
    private func read(_ text: String) -> [CSVRecord] {
        Array(CSVReader(Array(text.utf8)))
    }

    @Test("every line end ends a line", arguments: ["\n", "\r\n", "\r"])
    func lineEnds(_ end: String) {
        let records = read(["a,b", "1,2", "", "3,4"].joined(separator: end))
        #expect(records.map(\.fields) == [["a", "b"], ["1", "2"], ["3", "4"]])
        #expect(records.map(\.line) == [1, 2, 4])
    }

    @Test func mixedLineEnds() {
        #expect(read("a\r\nb\rc\nd\r\re").map(\.line) == [1, 2, 3, 4, 6])
    }

    @Test func byteOrderMarkIsPassedOver() {
        #expect(read("\u{FEFF}stop_id,x\n1,2").first?.fields == ["stop_id", "x"])
    }

    @Test("quoted fields may hold commas, quotes and line breaks, which count as lines", arguments: ["\n", "\r\n", "\r"])
    func quotedFields(_ end: String) {
        let records = read("a,\"one, \"\"two\"\"\(end)three\"\(end)b,c\(end)")
        #expect(records.map(\.fields) == [["a", "one, \"two\"\nthree"], ["b", "c"]])
        #expect(records.map(\.line) == [1, 3])
        #expect(records.allSatisfy { $0.fault == nil })
    }

    @Test func spacesAroundFieldsGo() {
        #expect(read(" a , \"b \" ,\tc d\t").first?.fields == ["a", "b ", "c d"])
    }

    @Test func emptyFieldsStay() {
        #expect(read("a,,\n,,\"\"\n").map(\.fields) == [["a", "", ""], ["", "", ""]])
    }

    @Test func aFileWithoutRecordsHasNone() {
        #expect(read("").isEmpty)
        #expect(read("\n \r\n").isEmpty)
        #expect(read("\u{FEFF}").isEmpty)
    }

    @Test func aDamagedRecordDoesNotTakeTheNextWithIt() {
        let records = read("a,\"b\"x,c\nd,e,f\n")
        #expect(records.map(\.fault) == [.textAfterQuote, nil])
        #expect(records[1].fields == ["d", "e", "f"])
        #expect(records[1].line == 2)
    }

    @Test func anUnclosedQuoteIsNamedWhereItBegins() {
        let records = read("a,b\nc,\"d\ne,f\n")
        #expect(records.map(\.fault) == [nil, .unclosedQuote])
        #expect(records[1].line == 2)
    }

    @Test func aQuoteInsideAPlainFieldIsKept() {
        let record = read("say \"hi\",2").first
        #expect(record?.fields == ["say \"hi\"", "2"])
        #expect(record?.hasStrayQuote == true)
        #expect(record?.fault == nil)
    }

    @Test func textThatIsNotUTF8IsNamed() {
        let bytes = Array("a,b\n".utf8) + [0x4D, 0xFC, 0x6E, 0x2C, 0x31, 0x0A] + Array("c,d\n".utf8)
        let records = Array(CSVReader(bytes))
        #expect(records.map(\.fault) == [nil, .notUTF8, nil])
        #expect(records.map(\.line) == [1, 2, 3])
    }
}

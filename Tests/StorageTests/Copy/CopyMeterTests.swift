import Testing

@testable import Storage

@Suite("How a copy is shown")
struct CopyMeterTests {
    @Test("What is done, how fast, and what is left")
    func line() {
        let meter = CopyMeter(rows: 1000, done: 0)
        #expect(
            meter.line(table: "journal", done: 250, elapsed: .seconds(5))
                == "[#####...............] 25 %, 250 of 1000 rows, 50 rows/s, 15 s left (journal)"
        )
    }

    @Test("Rows of an earlier run are no part of the rate")
    func again() {
        let meter = CopyMeter(rows: 1000, done: 500)
        #expect(
            meter.line(table: "journal", done: 600, elapsed: .seconds(10))
                == "[############........] 60 %, 600 of 1000 rows, 10 rows/s, 40 s left (journal)"
        )
    }

    @Test(
        "Edges",
        arguments: [
            (0, 0, 0, "[####################] 100 %, 0 of 0 rows, 0 rows/s (t)"),
            (10, 10, 1, "[####################] 100 %, 10 of 10 rows, 10 rows/s (t)"),
            (10, 12, 1, "[####################] 100 %, 12 of 10 rows, 12 rows/s (t)"),
            (1_000_000, 100, 1, "[....................] 0 %, 100 of 1000000 rows, 100 rows/s, 2 h 46 min left (t)"),
            (100_000, 100, 1, "[....................] 0 %, 100 of 100000 rows, 100 rows/s, 16 min 39 s left (t)"),
        ])
    func edges(rows: Int, done: Int, seconds: Int, line: String) {
        #expect(CopyMeter(rows: rows, done: 0).line(table: "t", done: done, elapsed: .seconds(seconds)) == line)
    }
}

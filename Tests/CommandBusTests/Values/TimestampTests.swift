import Foundation
import Support
import Testing

@testable import CommandBus

@Suite("Instants")
struct TimestampTests {
    @Test(
        "Instants are written as RFC 3339",
        arguments: [
            (0, 0, "1970-01-01T00:00:00Z"),
            (1_795_501_800_000, 330, "2026-11-24T12:00:00+05:30"),
            (1_795_501_800_007, 0, "2026-11-24T06:30:00.007Z"),
            (1_795_501_800_120, -570, "2026-11-23T21:00:00.120-09:30"),
            (-1, 0, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, 0, "2000-02-29T00:00:00Z"),
            (4_107_542_400_000, 0, "2100-03-01T00:00:00Z"),
            (253_402_300_799_999, 0, "9999-12-31T23:59:59.999Z"),
            (-62_135_596_800_000, 0, "0001-01-01T00:00:00Z"),
            (1_795_501_800_000, 840, "2026-11-24T20:30:00+14:00"),
            (1_795_501_800_000, -1, "2026-11-24T06:29:00-00:01"),
        ])
    func written(milliseconds: Int64, offset: Int, text: String) {
        let instant = Timestamp(milliseconds: milliseconds, offsetMinutes: offset)
        #expect(instant.description == text)
        #expect(Timestamp(text) == instant)
        #expect(Timestamp(text)?.offsetMinutes == offset)
    }

    @Test(
        "Other ways to write an instant are read",
        arguments: [
            ("2026-11-24t06:30:00z", 1_795_501_800_000),
            ("2026-11-24T06:30:00+00:00", 1_795_501_800_000),
            ("2026-11-24T06:30:00-00:00", 1_795_501_800_000),
            ("2026-11-24T06:30:00.1Z", 1_795_501_800_100),
            ("2026-11-24T06:30:00.123999999999999999999999Z", 1_795_501_800_123),
            ("2024-02-29T23:59:59+23:59", 1_709_164_859_000),
            ("1969-12-31T23:59:59.5Z", -500),
        ])
    func read(text: String, milliseconds: Int64) {
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test(
        "What is no instant is not read",
        arguments: [
            "", "now", "2026-11-24", "2026-11-24T06:30:00", "2026-11-24T06:30Z", "2026-11-24 06:30:00Z",
            "2026-11-24T06:30:00.Z",
            "2026-11-24T06:30:00,5Z", "2026-13-24T06:30:00Z", "2026-00-24T06:30:00Z", "2026-02-29T06:30:00Z",
            "2100-02-29T00:00:00Z", "2026-04-31T06:30:00Z", "2026-11-24T24:00:00Z", "2026-11-24T06:60:00Z",
            "2026-11-24T06:30:60Z", "2026-11-24T06:30:00+24:00", "2026-11-24T06:30:00+05:60", "2026-11-24T06:30:00+0530",
            "2026-11-24T06:30:00+05:30x", "2026-11-24T06:30:00Zx", "2026-11-24T06:30:00 Z", "+026-11-24T06:30:00Z",
            "2026-11-24T06:30:0\u{661}Z", "0000-01-01T00:00:00Z", " 2026-11-24T06:30:00Z", "2026-11-24T06:30:00.5",
            "2026-11-2\u{301}T06:30:00Z",
        ])
    func refused(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("Any instant survives its text, and Foundation reads the same", arguments: 1...4)
    func roundTrip(seed: UInt64) throws {
        let random = SeededRandom(seed: seed)
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        for _ in 0..<1000 {
            // The years 1600 to 9998: Foundation has the Julian calendar before.
            let instant = Timestamp(
                milliseconds: Int64(random.number(in: -11_676_000_000_000...253_370_000_000_000)),
                offsetMinutes: random.number(in: -1439...1439)
            )
            let again = try #require(Timestamp(instant.description), "\(instant)")
            #expect(again == instant)
            #expect(again.offsetMinutes == instant.offsetMinutes)
            formatter.timeZone = TimeZone(secondsFromGMT: 0)
            let text = formatter.string(from: instant.date)
            #expect(Timestamp(text) == instant, "\(text)")
        }
    }

    @Test("Two instants are equal wherever they are shown")
    func equality() throws {
        let here = try #require(Timestamp("2026-11-24T12:00:00+05:30"))
        let there = try #require(Timestamp("2026-11-24T06:30:00Z"))
        #expect(here == there)
        #expect(Set([here, there]).count == 1)
        #expect(!(here < there) && !(there < here))
        #expect(here < there.adding(milliseconds: 1))
        #expect(here.adding(seconds: 60).description == "2026-11-24T12:01:00+05:30")
    }

    @Test(
        "Seconds until later are rounded up",
        arguments: [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (-1000, -1), (-2500, -2)])
    func secondsUntil(milliseconds: Int64, seconds: Int) {
        let now = Timestamp(milliseconds: 1_795_501_800_000)
        #expect(now.seconds(until: now.adding(milliseconds: milliseconds)) == seconds)
    }

    @Test("On the wire it is a string")
    func wire() throws {
        let data = try WireJSON.encode([Timestamp(milliseconds: 1_795_501_800_000, offsetMinutes: 330)])
        #expect(String(decoding: data, as: UTF8.self) == #"["2026-11-24T12:00:00+05:30"]"#)
        #expect(try WireJSON.decode([Timestamp].self, from: data).first?.offsetMinutes == 330)
        #expect(throws: DecodingError.self) { try WireJSON.decode([Timestamp].self, from: Data(#"["yesterday"]"#.utf8)) }
    }

    @Test("The system's clock goes with Foundation's")
    func systemClock() {
        let before = Date().timeIntervalSince1970
        let now = Double(SystemWallClock().now().milliseconds) / 1000
        let after = Date().timeIntervalSince1970
        #expect(now > before - 0.01 && now < after + 0.01)
    }
}

import Foundation
import Testing

@testable import CommandBus

@Suite("Refined texts and numbers")
struct TextTests {
    @Test(
        "A text is trimmed, and counted in characters",
        arguments: [
            ("ab", "ab"), ("  ab\t", "ab"), ("abcde", "abcde"), ("  abcde  ", "abcde"), ("日本", "日本"), ("👨‍👩‍👧‍👦x", "👨‍👩‍👧‍👦x"),
            ("a b", "a b"),
        ])
    func good(raw: String, kept: String) throws {
        #expect(try Text<2, 5>(refining: raw).raw == kept)
    }

    @Test("A text of another length is refused", arguments: ["", " ", "a", "  a  ", "abcdef", "日本語日本語"])
    func wrongLength(raw: String) {
        #expect(throws: RuleViolation("must have 2 to 5 characters")) { try Text<2, 5>(refining: raw) }
    }

    @Test("Control characters are refused", arguments: ["a\u{0}b", "a\nb", "ab\n", "a\u{1B}[31m", "a\u{7F}", "a\u{85}b"])
    func controls(raw: String) {
        #expect(throws: RuleViolation("must not contain control characters")) { try Text<1, 10>(refining: raw) }
    }

    @Test("A character may not be a megabyte")
    func bytes() {
        let tower = "a" + String(repeating: "\u{301}", count: 1000)
        #expect(tower.count == 1)
        #expect(throws: RuleViolation("must have at most 40 bytes")) { try Text<1, 5>(refining: tower) }
    }

    @Test(
        "A number has bounds that belong to it",
        arguments: [(0, false), (1, true), (9, true), (10, false), (Int.max, false), (Int.min, false)])
    func bounded(raw: Int, isGood: Bool) {
        #expect(((try? Bounded<1, 9>(refining: raw)) != nil) == isGood)
    }

    @Test(
        "An identifier",
        arguments: [
            ("d_1", true), ("A-Z.a:z_0", true), (String(repeating: "x", count: 64), true),
            (String(repeating: "x", count: 65), false),
            ("", false), ("a b", false), ("a/b", false), ("é", false), ("a\n", false), ("a'b", false), ("a%", false),
            ("１", false),
        ])
    func identifier(raw: String, isGood: Bool) {
        #expect(((try? DepartureID(refining: raw)) != nil) == isGood)
    }

    @Test(
        "A currency",
        arguments: [
            ("INR", true), ("EUR", true), ("inr", false), ("IN", false), ("INRX", false), ("I1R", false), ("ÄÖÜ", false),
            ("", false),
        ])
    func currency(raw: String, isGood: Bool) {
        #expect(((try? CurrencyCode(refining: raw)) != nil) == isGood)
    }

    @Test("Money is its minor units and its currency")
    func money() throws {
        let fare = Money(amount: 2000, currency: CurrencyCode(trusted: "INR"))
        let data = try WireJSON.encode(fare)
        #expect(String(decoding: data, as: UTF8.self) == #"{"amount":2000,"currency":"INR"}"#)
        #expect(try WireJSON.decode(Money.self, from: data) == fare)
        for wrong in [#"{"amount":20.5,"currency":"INR"}"#, #"{"amount":20,"currency":"rupees"}"#, #"{"amount":20}"#] {
            #expect(throws: DecodingError.self) { try WireJSON.decode(Money.self, from: Data(wrong.utf8)) }
        }
    }

    @Test("A refined value is its plain value on the wire, and is checked where it is read")
    func wire() throws {
        #expect(try WireJSON.encode([DepartureID(trusted: "d_1")]) == Data(#"["d_1"]"#.utf8))
        #expect(try WireJSON.decode([DepartureID].self, from: Data(#"["d_1"]"#.utf8)) == [DepartureID(trusted: "d_1")])
        #expect(throws: DecodingError.self) { try WireJSON.decode([DepartureID].self, from: Data(#"["d 1"]"#.utf8)) }
        #expect(throws: DecodingError.self) { try WireJSON.decode([DepartureID].self, from: Data("[1]".utf8)) }
    }
}

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

    @Test(
        "Marks that change the direction of writing are refused",
        arguments: [
            0x061C, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069,
        ] as [UInt32])
    func directions(scalar: UInt32) throws {
        let mark = Character(try #require(Unicode.Scalar(scalar)))
        for raw in ["As\(mark)ha", "\(mark)Asha", "Asha\(mark)"] {
            #expect(throws: RuleViolation("must not contain marks that change the direction of writing")) {
                try Text<1, 40>(refining: raw)
            }
        }
    }

    @Test("Line breaks of Unicode are refused", arguments: ["As\u{2028}ha", "As\u{2029}ha", "\u{2028}Asha"])
    func lineBreaks(raw: String) {
        #expect(throws: RuleViolation("must not contain line breaks")) { try Text<1, 40>(refining: raw) }
    }

    @Test(
        "Private use, what is assigned to nothing, and what is no character at all are refused",
        arguments: [0xE000, 0xF8FF, 0x100000, 0xFDD0, 0xFFFF, 0x10FFFE, 0x378] as [UInt32])
    func meaningless(scalar: UInt32) throws {
        let character = Character(try #require(Unicode.Scalar(scalar)))
        #expect(throws: RuleViolation("must not contain characters without a meaning")) {
            try Text<1, 40>(refining: "As\(character)ha")
        }
    }

    @Test(
        "A text of which nothing can be seen is refused",
        arguments: [
            "\u{200B}", "\u{200D}", "\u{200C}\u{200D}", "\u{2060}", "\u{FEFF}", "\u{AD}", "\u{3164}", "\u{115F}\u{1160}",
            "\u{FFA0}", "\u{2800}", "\u{180E}", "\u{FE0F}", "\u{34F}", "\u{E0061}", "\u{200B} \u{200B}",
        ])
    func invisible(raw: String) {
        // Some of it is white space, and trimmed.
        #expect(throws: RuleViolation.self) { try Text<1, 40>(refining: raw) }
        #expect(throws: RuleViolation("must have characters that can be seen")) {
            try Text<1, 40>(refining: "\u{200D}\(raw)\u{200D}")
        }
    }

    @Test(
        "Names of all scripts are taken, with the joiners that belong to them",
        arguments: [
            "Asha Rao", "आशा राव", "ക്ഷേത്ര\u{200D}", "ශ්\u{200D}රී ලංකා", "نرگس نامه\u{200C}ها", "O’Brien-Müller", "李小龍",
            "Nguyễn Thị Ánh", "Ólafur 3.", "أسماء", "שרה", "🚌 Fan",
        ])
    func names(raw: String) throws {
        let name = try Text<1, 40>(refining: raw)
        #expect(name.raw == raw)
        #expect(try Text<1, 40>(refining: name.raw) == name)
    }

    @Test("Composed and decomposed texts are the same text")
    func normalised() throws {
        let (composed, decomposed) = ("\u{C1}nh Nguy\u{1EC5}n", "A\u{301}nh Nguye\u{302}\u{303}n")
        #expect(Array(try Text<1, 40>(refining: decomposed).raw.utf8) == Array(composed.utf8))
        #expect(Array(try Text<1, 40>(refining: "\u{212B}ngstro\u{308}m").raw.utf8) == Array("\u{C5}ngstr\u{F6}m".utf8))
        // Wide letters are others, as they are to whoever reads them.
        #expect(try Text<1, 40>(refining: "\u{FF21}sha").raw == "\u{FF21}sha")
    }

    @Test("Composing may make a text longer, but not beyond its bound")
    func growth() {
        // A mark of two bytes that composes to two of four.
        let growing = "a" + String(repeating: "\u{344}", count: 19)
        #expect(growing.count == 1)
        #expect(growing.utf8.count <= 40)
        #expect(throws: RuleViolation("must have at most 40 bytes")) { try Text<1, 5>(refining: growing) }
    }

    @Test("A huge text is refused by its length")
    func huge() {
        let rule = RuleViolation("must have 1 to 40 characters")
        #expect(throws: rule) { try Text<1, 40>(refining: String(repeating: "x", count: 1_000_000)) }
        #expect(throws: rule) { try Text<1, 40>(refining: "") }
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

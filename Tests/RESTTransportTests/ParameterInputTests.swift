import CommandBus
import Foundation
import Testing

@Suite struct ParameterInputTests {
    private static let show: CommandEntry = entry("things.show")
    private static let create: CommandEntry = entry("things.create")

    private static func entry(_ name: String) -> CommandEntry {
        let feeds = FeedHub(epoch: "t1")
        var registry = CommandRegistry(
            store: MemoryStore(), publisher: WorkPublisher(feeds: feeds, sessions: SessionEnds())
        )
        registry.registerThings(feeds: feeds)
        guard let entry = registry.table()[name] else { preconditionFailure("there is no \(name)") }
        return entry
    }

    private func merge(_ parameters: [(name: String, value: String)]) throws -> String {
        try merge(Self.show, "", parameters)
    }

    private func merge(
        _ entry: CommandEntry, _ body: String, _ parameters: [(name: String, value: String)]
    ) throws -> String {
        String(decoding: try entry.input(body: Data(body.utf8), parameters: parameters), as: UTF8.self)
    }

    @Test func aBodyAloneIsNotTouched() throws {
        for body in ["", " { } ", "[1]", "nonsense", #"{"a":1,"a":2}"#] {
            #expect(try merge(Self.show, body, []) == body)
        }
    }

    @Test(arguments: [
        ("limit", "5", "5"), ("limit", "-5", "-5"), ("limit", "0", "0"),
        ("limit", "05", #""05""#), ("limit", "+5", #""+5""#), ("limit", "5.0", #""5.0""#), ("limit", "", #""""#),
        ("limit", "5e1", #""5e1""#), ("limit", "0x5", #""0x5""#), ("limit", "٣", #""٣""#), ("limit", "-", #""-""#),
        ("ratio", "0.5", "0.5"), ("ratio", "-1.5e-3", "-1.5e-3"), ("ratio", "2", "2"), ("ratio", "1E5", "1E5"),
        ("ratio", ".5", #"".5""#), ("ratio", "5.", #""5.""#), ("ratio", "01.5", #""01.5""#), ("ratio", "1e", #""1e""#),
        ("ratio", "NaN", #""NaN""#),
        ("flag", "true", "true"), ("flag", "false", "false"), ("flag", "TRUE", #""TRUE""#), ("flag", "1", #""1""#),
        ("id", "5", #""5""#), ("id", "true", #""true""#), ("id", "null", #""null""#),
        ("other", "5", #""5""#),
        ("tags", "a", #"["a"]"#), ("sizes", "7", "[7]"), ("sizes", "x", #"["x"]"#),
    ])
    func aTextBecomesWhatTheInputHas(name: String, text: String, json: String) throws {
        #expect(try merge([(name, text)]) == #"{"\#(name)":\#(json)}"#)
    }

    @Test func textsAreEscaped() throws {
        #expect(try merge([("a\"b", "\u{0}\n\\\"é")]) == #"{"a\"b":"\u0000\u000a\\\"é"}"#)
    }

    @Test func aListTakesRepeatedNames() throws {
        #expect(try merge([("tags", "a"), ("sizes", "1"), ("tags", "b")]) == #"{"tags":["a","b"],"sizes":[1]}"#)
    }

    @Test func aBodyKeepsItsBytes() throws {
        let body = #" { "name" : "l\u0061mp" , "count" :1.0e0, "x": {"y":[1, 2]} } "#
        let merged = try merge(Self.create, body, [("shelf", "s")])
        #expect(merged == #"{"name":"l\u0061mp","count":1.0e0,"x":{"y":[1, 2]},"shelf":"s"}"#)
    }

    @Test func whatIsNoObjectIsPassedOn() throws {
        for body in ["[1]", "nonsense", "{", "3", #"{"a":}"#] {
            #expect(try merge(Self.create, body, [("shelf", "s")]) == body)
        }
    }

    @Test func anotherEncodingIsRefused() throws {
        let body = try #require(#"{"shelf":"other"}"#.data(using: .utf16))
        #expect {
            try Self.create.input(body: body, parameters: [("shelf", "s")])
        } throws: {
            ($0 as? Problem)?.code == .malformedJSON
        }
    }

    @Test func whatIsGivenTwiceIsNamedWithAllElse() {
        #expect {
            try Self.create.input(
                body: Data(#"{"name":"","shelf":"a","sh\u0065lf":"b"}"#.utf8),
                parameters: [("shelf", "s"), ("count", "1"), ("count", "1"), ("a/b", "1"), ("a/b", "2")]
            )
        } throws: {
            let problem = $0 as? Problem
            return problem?.code == .invalidInput
                && problem?.errors.map(\.pointer) == ["/shelf", "/count", "/name", "/a~1b"]
        }
    }

    @Test func brokenSyntaxComesBeforeBrokenRules() throws {
        let body = #"{"shelf":"a","name":[1}}"#
        #expect(throws: Never.self) { try merge(Self.create, body, [("shelf", "s")]) }
    }
}

import Foundation
import Testing

@testable import CommandBus

@Suite("Inputs are decoded, or every rule that they break is named")
struct InputDecodingTests {
    private static func decode<Input: Codable & Sendable>(_ type: Input.Type, _ text: String) throws -> Input {
        let decoding = InputDecoding<Input>(schema: try SchemaProbe.schema(of: type))
        return try #require(try decoding(Data(text.utf8)).value as? Input)
    }

    private static func problem<Input: Codable & Sendable>(
        _ type: Input.Type, _ text: String, _ location: SourceLocation = #_sourceLocation
    ) -> Problem? {
        #expect(throws: Problem.self, sourceLocation: location) { _ = try decode(type, text) }
    }

    private static func violations<Input: Codable & Sendable>(
        _ type: Input.Type, _ text: String, _ location: SourceLocation = #_sourceLocation
    ) -> [String] {
        let problem = problem(type, text, location)
        #expect(problem?.code == .invalidInput, sourceLocation: location)
        return problem?.errors.map { "\($0.pointer) \($0.detail)" } ?? []
    }

    @Test("What is right is decoded")
    func good() throws {
        let order = try Self.decode(Order.self, Order.text)
        #expect(order.lines.map(\.item.raw) == ["bread"])
        #expect(order.window == .ticketing)
        #expect(order.extra == nil)
        let parcel = try Self.decode(Parcel.self, #" { "count" : 3 , "name" : "box" } "#)
        #expect(
            parcel
                == Parcel(
                    name: try Text(refining: "box"), count: try Bounded(refining: 3), note: nil, weight: nil, express: nil))
    }

    @Test("A null stands for a missing optional, in flat and in nested inputs")
    func nulls() throws {
        let parcel = try Self.decode(Parcel.self, #"{"name":"box","count":3,"note":null,"weight":null,"express":null}"#)
        #expect(parcel.note == nil)
        let order = try Self.decode(
            Order.self,
            Order.text.dropLast() + #","email":null,"extra":null,"labels":null,"on":null,"at":null,"signed":null}"#
        )
        #expect(order.labels == nil)
        #expect(
            Self.violations(Parcel.self, #"{"name":null,"count":null}"#) == [
                "/name must be a string, not null", "/count must be a whole number, not null",
            ])
    }

    @Test("The canonical bytes are the same however the input was written")
    func canonical() throws {
        let decoding = InputDecoding<Parcel>(schema: try SchemaProbe.schema(of: Parcel.self))
        let texts = [
            #"{"name":"box","count":3}"#, #"{"count":3,"name":"box"}"#, "{\n \"count\" : 3.0,\t\"name\":\"b\\u006fx\"}",
            #"{"name":" box ","count":3,"note":null}"#,
        ]
        let canonical = try Set(texts.map { try decoding(Data($0.utf8)).canonical() })
        #expect(canonical == [Data(#"{"count":3,"name":"box"}"#.utf8)])
    }

    @Test("All violations are named at once, in the order of the declaration")
    func everyViolation() {
        #expect(
            Self.violations(Parcel.self, #"{"name":"x","count":10,"weight":"heavy","express":1,"colour":"red","age":1}"#)
                == [
                    "/name must have 2 to 5 characters", "/count must be from 1 to 9",
                    "/weight must be a number, not a string",
                    "/express must be true or false, not a number", "/age is not a known field",
                    "/colour is not a known field",
                ]
        )
        #expect(Self.violations(Parcel.self, "{}") == ["/name is required", "/count is required"])
        #expect(Self.problem(Parcel.self, "{}")?.detail == "2 rules are broken; 'errors' names each.")
        #expect(Self.problem(Parcel.self, #"{"name":"box"}"#)?.detail == "One rule is broken; 'errors' names each.")
    }

    @Test("Violations inside of lists and objects carry their whole pointer")
    func nestedViolations() {
        let text = """
            {"id":"no spaces","email":"nobody","lines":[{"item":"","count":0},{"item":"ok","count":1},7,{"gift":"yes"}],
             "extra":{"item":"x","count":1.5,"colour":"red"},"labels":{"a":1},"weight":"1","window":"lunch",
             "on":"2026-02-30","at":"tomorrow","wish":3,"small":1,"signed":"1","express":null}
            """
        #expect(
            Self.violations(Order.self, text) == [
                "/id must consist of letters, digits, '_', '-', '.' and ':'",
                "/email must be an e-mail address like name@example.com",
                "/lines/0/item must have 1 to 20 characters", "/lines/0/count must be from 1 to 9",
                "/lines/2 must be an object, not a number",
                "/lines/3/item is required", "/lines/3/count is required",
                "/lines/3/gift must be true or false, not a string",
                "/extra/count must be a whole number", "/extra/colour is not a known field",
                "/weight must be a number, not a string",
                "/window must be one of: queueing, processing, ticketing, waiting",
                "/on must be a date like 2026-11-24", "/at must be an RFC 3339 date and time with an offset",
                "/wish must be a string, not a number", "/signed must be a whole number, not a string",
                "/express must be true or false, not null",
            ]
        )
    }

    @Test(
        "An unknown field is refused even where everything else is right",
        arguments: [
            (#"{"name":"box","count":3,"colour":"red"}"#, "/colour is not a known field"),
            (#"{"name":"box","count":3,"a/b~c":1}"#, "/a~1b~0c is not a known field"),
            (#"{"name":"box","count":3,"":1}"#, "/ is not a known field"),
            (#"{"name":"box","count":3,"Name":"box"}"#, "/Name is not a known field"),
        ])
    func unknownField(text: String, violation: String) {
        #expect(Self.violations(Parcel.self, text) == [violation])
    }

    @Test("An unknown field inside of a list or an object is refused too")
    func unknownNestedField() {
        let inList = Order.text.replacing(#""count":2"#, with: #""count":2,"colour":"red""#)
        #expect(Self.violations(Order.self, inList) == ["/lines/0/colour is not a known field"])
        let inObject = Order.text.dropLast() + #","extra":{"item":"x","count":1,"colour":"red"}}"#
        #expect(Self.violations(Order.self, String(inObject)) == ["/extra/colour is not a known field"])
        let onTop = Order.text.dropLast() + #","colour":"red"}"#
        #expect(Self.violations(Order.self, String(onTop)) == ["/colour is not a known field"])
    }

    @Test(
        "What is no object is no input",
        arguments: [
            ("[]", "a list"), ("7", "a number"), (#""text""#, "a string"), ("true", "a boolean"), ("null", "null"),
        ])
    func noObject(text: String, kind: String) {
        #expect(Self.violations(Parcel.self, text) == [" must be an object, not \(kind)"])
    }

    @Test(
        "What is not JSON is malformed",
        arguments: [
            "", " ", "{", "}", "{]", #"{"name":"box","count":3"#, #"{"name":"box","count":3}}"#,
            #"{"name":"box" "count":3}"#,
            #"{"name":'box'}"#, #"{name:"box"}"#, #"{"name":"box","count":03}"#, #"{"name":"box","count":+3}"#,
            #"{"name":"box","count":.3}"#, #"{"name":"box","count":NaN}"#, #"{"name":"b\qox"}"#, "{\"name\":\"b\u{1}ox\"}",
            #"{"name":"box","count":tru}"#, "hello",
        ])
    func malformed(text: String) {
        let problem = Self.problem(Parcel.self, text)
        #expect(problem?.code == .malformedJSON)
        #expect(problem?.code.status == 400)
        #expect(problem?.errors == [])
    }

    @Test("Bytes that are no UTF-8 are malformed")
    func notUTF8() throws {
        let decoding = InputDecoding<Parcel>(schema: try SchemaProbe.schema(of: Parcel.self))
        let problem = #expect(throws: Problem.self) {
            _ = try decoding(Data(#"{"name":""#.utf8) + [0xC3, 0x28] + Data(#"","count":3}"#.utf8))
        }
        #expect(problem?.code == .malformedJSON)
    }

    @Test("Nesting without end is malformed, not the end of the server")
    func depth() {
        let deep = #"{"name":"# + String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000) + "}"
        #expect(Self.problem(Parcel.self, deep)?.code == .malformedJSON)
        let objects = String(repeating: #"{"a":"#, count: 20_000) + "1" + String(repeating: "}", count: 20_000)
        #expect(Self.problem(Parcel.self, objects)?.code == .malformedJSON)
    }

    @Test(
        "Numbers that the field can't hold are violations, not faults",
        arguments: [
            #"{"name":"box","count":9223372036854775808}"#, #"{"name":"box","count":-9223372036854775809}"#,
            #"{"name":"box","count":123456789012345678901234567890}"#, #"{"name":"box","count":2.5}"#,
            #"{"name":"box","count":-1}"#,
            #"{"name":"box","count":1e30}"#,
        ])
    func numbersOutOfRange(text: String) {
        let problem = Self.problem(Parcel.self, text)
        #expect(problem?.code == .invalidInput)
        #expect(problem?.errors.map(\.pointer) == ["/count"])
    }

    /// RFC 8259, section 9: an implementation may set limits on the range of numbers.
    @Test("A number that only its small type can't hold")
    func smallNumbers() {
        for small in ["256", "-1"] {
            let problem = Self.problem(Order.self, Order.text.replacing(#""small":7"#, with: #""small":\#(small)"#))
            #expect(problem?.code == .invalidInput)
        }
        #expect(throws: Never.self) {
            _ = try Self.decode(Order.self, Order.text.replacing(#""small":7"#, with: #""small":255"#))
        }
    }

    @Test("Values of a map are checked as well, if only as a whole")
    func mapValues() throws {
        let good = try Self.decode(Order.self, Order.text.dropLast() + #","labels":{"any name":1,"b":2}}"#)
        #expect(good.labels == ["any name": 1, "b": 2])
        #expect(Self.problem(Order.self, Order.text.dropLast() + #","labels":{"a":"one"}}"#)?.code == .invalidInput)
        #expect(
            Self.violations(Order.self, Order.text.dropLast() + #","labels":[]}"#) == [
                "/labels must be an object, not a list"
            ])
    }

    @Test("No more than fifty violations are named")
    func atMostFifty() {
        let many = "[" + Array(repeating: "{}", count: 40).joined(separator: ",") + "]"
        let text = Order.text.replacing(#"[{"item":"bread","count":2}]"#, with: many).replacing("d_1", with: "no id")
        #expect(Self.violations(Order.self, text).count == 50)
        let unknown = (0..<200).map { #""k\#($0)":1"# }.joined(separator: ",")
        #expect(Self.violations(Parcel.self, "{\(unknown)}").count == 50)
    }

    /// The two ways through the decoder must never disagree: what is refused has a reason, what is taken has none.
    @Test("Whatever is sent, it is either decoded or refused with a reason", arguments: 1...4)
    func everyInputHasAnAnswer(seed: UInt64) throws {
        var generator = JSONGenerator(seed: seed)
        let schema = try SchemaProbe.schema(of: Order.self)
        let decoding = InputDecoding<Order>(schema: schema)
        let names = schema.properties.map(\.name) + ["item", "count", "gift", "colour"]
        var taken = 0
        for _ in 0..<500 {
            let text = generator.order(names)
            do throws(Problem) {
                _ = try decoding(Data(text.utf8))
                taken += 1
                let value = try? WireJSON.decode(JSONValue.self, from: Data(text.utf8))
                #expect(value.map(schema.violations) == [], "\(text)")
            } catch {
                #expect(error.code == .malformedJSON || !error.errors.isEmpty, "\(text)")
                #expect(error.code.status < 500)
            }
        }
        #expect(taken > 0, "nothing was right, so half of this was not tested")
    }
}

extension JSONGenerator {
    /// The sample order with some of its members changed, left out or added.
    mutating func order(_ names: [String]) -> String {
        var members = [
            "id": #""d_1""#, "lines": #"[{"item":"bread","count":2}]"#, "weight": "1.5", "window": #""ticketing""#,
            "wish": #""""#, "small": "7", "express": "true",
        ]
        for _ in 0..<number(below: 3) { members[pick(names)] = value(depth: 2) }
        if number(below: 4) == 0 { members[pick(names)] = nil }
        return "{" + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }
}

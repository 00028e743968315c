import Foundation
import Support
import Testing

@testable import CommandBus

/// A command whose input can come from its path, its query and its body.
private enum Search: Command {
    struct Input: Codable, Sendable {
        let id: DepartureID
        let limit: Bounded<1, 200>?
        let weight: Double?
        let express: Bool?
        let lines: [Text<1, 5>]?
        let counts: [Int]?
        let note: Text<1, 80>?
    }
    typealias Output = NoOutput

    static let name = "search.run"
    static let route = RESTRoute.post("/v1/searches/{id}")
    static let access = Access.anyone
    static let cost = CostClass.free
    static let idempotency = IdempotencyRule.none
    static let summary = "Searches."
    static let example = Input(
        id: DepartureID(trusted: "d_1"), limit: nil, weight: nil, express: nil, lines: nil, counts: nil, note: nil
    )
}

@Suite("One input out of path, query and body")
struct ParameterInputTests {
    private let entry: CommandEntry

    init() async throws {
        entry = try #require(
            try await StoreFixture("parameters").bus { $0.answer(Search.self) { _, _ in NoOutput() } }.table["search.run"]
        )
    }

    private func input(_ body: String, _ parameters: (String, String)...) throws -> String {
        let data = try entry.input(body: Data(body.utf8), parameters: parameters.map { (name: $0.0, value: $0.1) })
        return String(decoding: data, as: UTF8.self)
    }

    private func violations(_ body: String, _ parameters: (String, String)...) -> [String] {
        do throws(Problem) {
            let data = try entry.input(body: Data(body.utf8), parameters: parameters.map { (name: $0.0, value: $0.1) })
            _ = try entry.decode(data)
            return []
        } catch {
            return error.errors.isEmpty ? [error.code.name] : error.errors.map { "\($0.pointer) \($0.detail)" }
        }
    }

    @Test("Without parameters the body is untouched")
    func untouched() throws {
        #expect(try input(#" { "id" : "d_1" } "#) == #" { "id" : "d_1" } "#)
        #expect(try input("no JSON") == "no JSON")
        #expect(try input("") == "")
    }

    @Test("Parameters become what the input has under their names")
    func shapes() throws {
        #expect(
            try input(
                "", ("id", "d_1"), ("limit", "20"), ("weight", "-1.5e3"), ("express", "true"), ("lines", "a"),
                ("counts", "1"),
                ("lines", "b"), ("note", "7")
            ) == #"{"id":"d_1","limit":20,"weight":-1.5e3,"express":true,"lines":["a","b"],"counts":[1],"note":"7"}"#
        )
        #expect(try input(#"{"note":"x"}"#, ("id", "d_1")) == #"{"note":"x","id":"d_1"}"#)
        #expect(try input("{}", ("id", "d_1")) == #"{"id":"d_1"}"#)
    }

    @Test(
        "A text that is not of the shape is left for validation to name",
        arguments: [
            ("limit", "x"), ("limit", "1.5"), ("limit", "01"), ("limit", "+1"), ("limit", ""), ("limit", "0x10"),
            ("weight", "1."),
            ("weight", ".5"), ("weight", "1e"), ("weight", "NaN"), ("express", "yes"), ("express", "TRUE"),
            ("counts", "one"),
        ])
    func wrongShape(name: String, value: String) {
        let found = violations("", ("id", "d_1"), (name, value))
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("/\(name)") == true)
    }

    @Test(
        "Whatever a parameter holds, it stays a text",
        arguments: [
            #"a"b"#, #"a\b"#, "a\u{1}b", #"","id":"d_2"#, "é中🚌", "a/b", "{}", "null",
        ])
    func injection(value: String) throws {
        let data = try entry.input(body: Data(), parameters: [(name: "id", value: "d_1"), (name: "note", value: value)])
        let members = try WireJSON.decode([String: String].self, from: data)
        #expect(members == ["id": "d_1", "note": value])
    }

    @Test("A field that is given twice is named, with every other violation")
    func repeated() {
        #expect(
            violations(
                #"{"id":"d_2","limit":0}"#, ("id", "d_1"), ("note", "x"), ("note", "y"), ("colour", "red"), ("colour", "b"))
                == [
                    "/id is given twice: in the body, and in the path or the query", "/note is given more than once",
                    "/limit must be from 1 to 200", "/colour is not a known field",
                ]
        )
    }

    @Test("Escapes do not hide a field of the body from the path")
    func hidden() {
        #expect(
            violations(#"{"\u0069d":"d_2"}"#, ("id", "d_1"))
                == ["/id is given twice: in the body, and in the path or the query"]
        )
    }

    @Test(
        "A body that is no object, or no JSON, stays one",
        arguments: [
            ("[]", " must be an object, not a list"), ("7", " must be an object, not a number"), ("{", "malformed_json"),
        ])
    func noObject(body: String, violation: String) {
        #expect(violations(body, ("id", "d_1")) == [violation])
    }

    @Test("An object in another encoding can't hide its members")
    func otherEncoding() throws {
        let body = try #require(#"{"id":"d_2"}"#.data(using: .utf16LittleEndian))
        let problem = #expect(throws: Problem.self) {
            let data = try entry.input(body: body, parameters: [(name: "id", value: "d_1")])
            _ = try entry.decode(data)
        }
        #expect(problem?.code == .malformedJSON)
    }
}

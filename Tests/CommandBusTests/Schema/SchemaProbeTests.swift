import Foundation
import Testing

@testable import CommandBus

@Suite("The schema of a type is found by probing it")
struct SchemaProbeTests {
    private static func document<Value: Decodable>(_ type: Value.Type) throws -> String {
        String(decoding: try WireJSON.encode(try SchemaProbe.schema(of: type).document), as: UTF8.self)
    }

    @Test("Properties keep the order of their declaration, and whether they are required")
    func properties() throws {
        let schema = try SchemaProbe.schema(of: Order.self)
        #expect(
            schema.properties.map(\.name) == [
                "id", "email", "lines", "extra", "labels", "weight", "window", "on", "at", "wish", "small", "signed",
                "express",
            ]
        )
        #expect(
            schema.properties.filter(\.isRequired).map(\.name) == [
                "id", "lines", "weight", "window", "wish", "small", "express",
            ]
        )
        #expect(schema.isNested)
        #expect(try !SchemaProbe.schema(of: Parcel.self).isNested)
    }

    @Test("Plain types are known by their own names")
    func plainTypes() throws {
        struct Plain: Codable {
            let bool: Bool
            let string: String
            let double: Double
            let float: Float
            let int: Int
            let int8: Int8
            let int16: Int16
            let int32: Int32
            let int64: Int64
            let uint: UInt
            let uint8: UInt8
            let uint16: UInt16
            let uint32: UInt32
            let uint64: UInt64
        }
        let kinds = try SchemaProbe.schema(of: Plain.self).properties.map { property in
            switch property.schema.shape {
            case .boolean: "boolean"
            case .string: "string"
            case .number: "number"
            case .integer(let minimum, nil): minimum.map { "integer from \($0)" } ?? "integer"
            default: "else"
            }
        }
        let signed = Array(repeating: "integer", count: 5)
        let unsigned = Array(repeating: "integer from 0", count: 5)
        #expect(kinds == ["boolean", "string", "number", "number"] + signed + unsigned)
    }

    @Test("Nested objects and lists of them are probed as well")
    func nested() throws {
        let properties = try SchemaProbe.schema(of: Order.self).properties
        let lines = try #require(properties.first { $0.name == "lines" })
        guard case .array(let element) = lines.schema.shape else {
            Issue.record("lines is not a list: \(lines.schema.shape)")
            return
        }
        #expect(element.properties.map(\.name) == ["item", "count", "gift"])
        #expect(element.properties.map(\.isRequired) == [true, true, false])
        let labels = try #require(properties.first { $0.name == "labels" })
        guard case .map = labels.schema.shape else {
            Issue.record("labels is not a map: \(labels.schema.shape)")
            return
        }
    }

    @Test("The documents that are published")
    func documents() throws {
        #expect(try Self.document(Text<2, 5>.self) == #"{"maxLength":5,"minLength":2,"type":"string"}"#)
        #expect(try Self.document(Bounded<1, 9>.self) == #"{"maximum":9,"minimum":1,"type":"integer"}"#)
        #expect(try Self.document(EmailAddress.self).contains(#""format":"email""#))
        #expect(try Self.document(CivilDate.self) == #"{"format":"date","type":"string"}"#)
        #expect(try Self.document(Timestamp.self) == #"{"format":"date-time","type":"string"}"#)
        #expect(try Self.document(Role.self) == #"{"enum":["rider","conductor","developer","god_admin"],"type":"string"}"#)
        #expect(try Self.document([Int].self) == #"{"items":{"type":"integer"},"type":"array"}"#)
        #expect(try Self.document([String: Int].self) == #"{"type":"object"}"#)
        #expect(try Self.document(NoInput.self) == #"{"properties":{},"type":"object"}"#)
        #expect(
            try Self.document(Order.Line.self) == """
                {"properties":{"count":{"maximum":9,"minimum":1,"type":"integer"},"gift":{"type":"boolean"},\
                "item":{"maxLength":20,"minLength":1,"type":"string"}},"required":["item","count"],"type":"object"}
                """
        )
        #expect(
            try Self.document(Money.self) == """
                {"properties":{"amount":{"type":"integer"},"currency":{"maxLength":3,"minLength":3,"pattern":"^[A-Z]{3}$",\
                "type":"string"}},"required":["amount","currency"],"type":"object"}
                """
        )
    }

    @Test("A type that can't be led through without input is a mistake that shows")
    func unprobeable() {
        struct Handmade: Decodable {
            enum Keys: CodingKey { case inner, deep }
            init(from decoder: any Decoder) throws {
                _ = try decoder.container(keyedBy: Keys.self).nestedContainer(keyedBy: Keys.self, forKey: .inner)
            }
        }
        struct Empty: Refined {
            let raw: String
            init(refining raw: String) throws(RuleViolation) { throw RuleViolation("never") }
            static var schema: Schema { .refined(Self.self, base: .string(), example: "") }
        }
        #expect(throws: SchemaProbe.Failure.self) { try SchemaProbe.schema(of: Handmade.self) }
        #expect(throws: SchemaProbe.Failure.self) { try SchemaProbe.schema(of: Empty.self) }
    }
}

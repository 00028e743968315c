import Foundation
import Testing

@testable import Storage

@Suite("BSON")
struct BSONTests {
    /// The examples of https://bsonspec.org/faq.html, byte by byte.
    private static let hello = """
        16 00 00 00  02 68 65 6c 6c 6f 00  06 00 00 00 77 6f 72 6c 64 00  00
        """
    private static let awesome = """
        31 00 00 00  04 42 53 4f 4e 00  26 00 00 00  02 30 00 08 00 00 00 61 77 65 73 6f 6d 65 00 \
        01 31 00 33 33 33 33 33 33 14 40  10 32 00 c2 07 00 00  00  00
        """

    @Test("the specification's own examples are written and read to the byte")
    func golden() throws {
        let examples: [(document: BSONDocument, hex: String)] = [
            (["hello": "world"], Self.hello), (["BSON": ["awesome", 5.05, 1986]], Self.awesome),
        ]
        for (document, hex) in examples {
            let bytes = hex.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
            #expect(try document.encoded() == bytes)
            #expect(try BSONDocument(bytes: bytes) == document)
        }
    }

    @Test("every kind of value comes back as it went")
    func roundTrip() throws {
        let document: BSONDocument = [
            "": .null, "yes": true, "no": false, "zero": 0, "one": 1, "narrow": .int(Int64(Int32.min)),
            "wide": .int(Int64(Int32.max) + 1), "least": .int(.min), "most": .int(.max), "half": 0.5,
            "endless": .double(-.infinity), "empty": "", "word": "Zür\u{1F68C}", "cut": "a\0b",
            "bytes": .binary(Data(0...255)),
            "none": .binary(Data()), "list": [1, nil, ["x"], [:], []], "nested": ["a": ["b": ["c": 1]]], "é": "name",
        ]
        #expect(try BSONDocument(bytes: document.encoded()) == document)
    }

    @Test("whole numbers are written in 32 bits where they are enough")
    func widths() throws {
        #expect(try (["n": .int(Int64(Int32.max))] as BSONDocument).encoded()[4] == 0x10)
        #expect(try (["n": .int(Int64(Int32.max) + 1)] as BSONDocument).encoded()[4] == 0x12)
    }

    @Test("kinds that Farebus never writes are read by their type and can't be written")
    func others() throws {
        // An ObjectId and a date, as they stand in a server's reply.
        var bytes: [UInt8] = [0x1F, 0, 0, 0, 0x07, 0x69, 0]
        bytes += Array(1...12) + [0x09, 0x64, 0]
        bytes += [UInt8](repeating: 0, count: 9)
        let document = try BSONDocument(bytes: bytes)
        #expect(document == ["i": .other(type: 7), "d": .other(type: 9)])
        #expect(throws: BSONError.unwritable(type: 7)) { try document.encoded() }
    }

    @Test("a name with a NUL is refused, which would end it on the wire")
    func names() {
        #expect(throws: BSONError.unusableName) { try (["a\0b": 1] as BSONDocument).encoded() }
        #expect(throws: BSONError.unusableName) { try (["a": [["b\0": 1]]] as BSONDocument).encoded() }
    }

    @Test("documents may lie in each other a hundred deep, and no deeper")
    func depth() throws {
        func nested(_ levels: Int) -> BSONDocument {
            var document = BSONDocument()
            for _ in 1..<levels { document = BSONDocument(fields: [(name: "a", value: .document(document))]) }
            return document
        }
        #expect(try BSONDocument(bytes: nested(100).encoded()) == nested(100))
        #expect(throws: BSONError.tooLarge) { try nested(101).encoded() }
        // Bytes from elsewhere that go a thousand deep.
        var bytes: [UInt8] = [5, 0, 0, 0, 0]
        for _ in 1..<1000 {
            let length = UInt32(bytes.count + 8)
            bytes = withUnsafeBytes(of: length.littleEndian, Array.init) + [0x03, 0x61, 0] + bytes + [0]
        }
        #expect(throws: BSONError.tooLarge) { try BSONDocument(bytes: bytes) }
    }

    @Test("what is cut off, longer than it says, or not UTF-8 is malformed")
    func malformed() throws {
        let document: BSONDocument = ["text": "word", "list": [1, ["deep": "er"]], "bytes": .binary(Data([1, 2]))]
        let bytes = try document.encoded()
        for length in 0..<bytes.count {
            #expect(throws: BSONError.malformed) { try BSONDocument(bytes: Array(bytes[..<length])) }
        }
        #expect(throws: BSONError.malformed) { try BSONDocument(bytes: bytes + [0]) }
        // Every single byte turned over: whatever comes of it, it comes back.
        for index in bytes.indices {
            var broken = bytes
            broken[index] ^= 0xFF
            _ = try? BSONDocument(bytes: broken)
        }
        let notUTF8: [UInt8] = [0x0E, 0, 0, 0, 0x02, 0x61, 0, 0x02, 0, 0, 0, 0xC3, 0, 0]
        #expect(throws: BSONError.malformed) { try BSONDocument(bytes: notUTF8) }
        let notUTF8Name: [UInt8] = [0x08, 0, 0, 0, 0x0A, 0xC3, 0, 0]
        #expect(throws: BSONError.malformed) { try BSONDocument(bytes: notUTF8Name) }
    }

    @Test("a field of another kind is an unreadable row that names collection and field, and not the value")
    func accessors() throws {
        var document: BSONDocument = ["name": "secret", "n": 2.0, "gone": nil, "in": [["x": 1]]]
        document.source = "riders"
        #expect(try document.text("name") == "secret")
        #expect(try document.int("n") == 2)
        #expect(try document.optionalInt64("gone") == nil)
        #expect(try document.optionalText("missing") == nil)
        #expect(try document.documents("in")[0].source == "riders.in")
        let error = #expect(throws: UnreadableRow.self) { try document.int64("name") }
        #expect(error?.table == "riders")
        #expect(error?.value == "name: string")
        #expect(throws: UnreadableRow.self) { try document.bool("missing") }
    }

    @Test("setting a field replaces it in its place, appends it or removes it")
    func setting() {
        var document: BSONDocument = ["a": 1, "b": 2]
        document["a"] = 3
        document["c"] = 4
        document["b"] = nil
        #expect(document == ["a": 3, "c": 4])
    }
}

import Foundation
import Testing

@testable import CommandBus

@Suite("The members of an object are found without decoding them")
struct JSONSlicesTests {
    private static func members(_ text: String) -> [[String]]? {
        JSONSlices.members(of: Data(text.utf8))?.map { [$0.key, String(decoding: $0.value, as: UTF8.self)] }
    }

    @Test(
        "Members in their order, as the bytes that came in",
        arguments: [
            (#"{"a":1}"#, [["a", "1"]]),
            ("{}", []),
            (" {\n} \t\r\n", []),
            (#" { "a" : 1 , "b" : "x y" } "#, [["a", "1"], ["b", #""x y""#]]),
            (#"{"b":1,"a":2}"#, [["b", "1"], ["a", "2"]]),
            (#"{"a":{"b":[1,{"c":"}"}]},"d":[ ]}"#, [["a", #"{"b":[1,{"c":"}"}]}"#], ["d", "[ ]"]]),
            (#"{"a":"\"}{][,:\\","b":"\\"}"#, [["a", #""\"}{][,:\\""#], ["b", #""\\""#]]),
            (
                #"{"a":-1.5e+3,"b":true,"c":false,"d":null}"#,
                [["a", "-1.5e+3"], ["b", "true"], ["c", "false"], ["d", "null"]]
            ),
            (#"{"":1}"#, [["", "1"]]),
            (#"{"é":"中"}"#, [["é", #""中""#]]),
            ("{\"a\":1 ,\"b\":2\t}", [["a", "1"], ["b", "2"]]),
        ])
    func found(text: String, expected: [[String]]) {
        #expect(Self.members(text) == expected)
    }

    @Test("Escapes in a key are read")
    func escapedKeys() {
        #expect(Self.members(#"{"\u0061\n\"\\":1,"\ud83d\ude8c":2}"#) == [["a\n\"\\", "1"], ["🚌", "2"]])
        #expect(Self.members(#"{"\x":1}"#) == nil)
        #expect(Self.members(#"{"\ud83d":1}"#) == nil)
    }

    @Test("A name that is there twice is found twice")
    func duplicates() {
        #expect(Self.members(#"{"a":1,"\u0061":2,"a":3}"#) == [["a", "1"], ["a", "2"], ["a", "3"]])
    }

    @Test(
        "What is not one object has no members",
        arguments: [
            "", " ", "[]", "1", #""a""#, "null", "{", "}", "{]", #"{"a"}"#, #"{"a":}"#, #"{"a": }"#, #"{"a":1"#,
            #"{"a":1,}"#,
            #"{,"a":1}"#, #"{"a":1,,"b":2}"#, #"{a:1}"#, #"{'a':1}"#, #"{1:1}"#, #"{"a" 1}"#, #"{"a":1}}"#,
            #"{"a":1}{}"#, #"{"a":1} x"#, #"{"a":1 "b":2}"#, #"{"a":"x"y}"#, #"{"a":[1]2}"#, #"{"a":"x}"#, #"{"a":"x\"#,
            #"{"a":"\"#,
            #"{"a"#, #"{"a\"#, #"{"a":["x"#, "{\"a\n\":1}", "{\"a\":\"x\ny\"}", "\u{FEFF}{}",
        ])
    func notAnObject(text: String) {
        #expect(Self.members(text) == nil)
    }

    @Test("A key that is no UTF-8 is none")
    func badUTF8() {
        #expect(JSONSlices.members(of: Data([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D])) == nil)
    }

    @Test("A slice of other data is read where it lies")
    func slices() {
        let data = Data(#"....{"a":1,"b":[2]}...."#.utf8)
        let members = JSONSlices.members(of: data[4..<19])
        #expect(members?.map { String(decoding: $0.value, as: UTF8.self) } == ["1", "[2]"])
    }

    @Test("Every beginning of an object is refused")
    func truncated() {
        let text = Array(#"{"a":{"b":"\"x\\"},"c":[1,2,{"d":null}],"e":-1.5}"#.utf8)
        #expect(JSONSlices.members(of: Data(text))?.count == 3)
        for length in 0..<text.count {
            #expect(JSONSlices.members(of: Data(text.prefix(length))) == nil, "\(length)")
        }
    }

    @Test("The slices decode to what the whole decodes to", arguments: 1...8)
    func slicesAreTheWhole(seed: UInt64) throws {
        var generator = JSONGenerator(seed: seed)
        for _ in 0..<250 {
            let text = generator.space() + generator.object(depth: 3) + generator.space()
            let whole = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any], "\(text)")
            let members = try #require(JSONSlices.members(of: Data(text.utf8)), "\(text)")
            var joined: [String: Any] = [:]
            for member in members {
                joined[member.key] = try JSONSerialization.jsonObject(with: member.value, options: .fragmentsAllowed)
            }
            #expect(members.count == whole.count, "\(text)")
            #expect(NSDictionary(dictionary: joined).isEqual(whole as NSDictionary), "\(text)")
        }
    }

    /// It may take more than JSON, since it leaves the values to whoever decodes them; it must never refuse JSON, and
    /// what it takes must be JSON where its slices are.
    @Test("Spoiled JSON does no harm", arguments: 1...8)
    func spoiled(seed: UInt64) throws {
        var generator = JSONGenerator(seed: seed &+ 100)
        var refused = 0
        for _ in 0..<500 {
            var bytes = Array(generator.object(depth: 3).utf8)
            for _ in 0...generator.number(below: 3) {
                let index = generator.number(below: bytes.count)
                switch generator.number(below: 3) {
                case 0: bytes[index] = UInt8(generator.number(below: 256))
                case 1: bytes.insert(generator.pick(Array(#"{}[],:"\u 0"#.utf8)), at: index)
                default: if bytes.count > 1 { bytes.remove(at: index) }
                }
            }
            let data = Data(bytes)
            let isObject = (try? JSONSerialization.jsonObject(with: data)) is [String: Any]
            guard let members = JSONSlices.members(of: data) else {
                refused += 1
                // Foundation lets a comma pass behind the last member (RFC 8259 does not).
                let ending = data.filter { $0 > 32 }.suffix(2)
                #expect(!isObject || ending == Data(",}".utf8), "\(String(decoding: data, as: UTF8.self).debugDescription)")
                continue
            }
            let areValues = members.allSatisfy { member in
                (try? JSONSerialization.jsonObject(with: member.value, options: .fragmentsAllowed)) != nil
            }
            #expect(areValues == isObject, "\(String(decoding: data, as: UTF8.self).debugDescription)")
        }
        #expect(refused > 50)
    }
}

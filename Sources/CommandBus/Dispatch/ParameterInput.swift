package import Foundation

extension CommandEntry {
    /// Makes the one input of a command out of the body of a request and the parameters of its path and query.
    ///
    /// Without parameters the body is the input, untouched. With them it becomes one object: each parameter is a member
    /// of it, as a number, a boolean or a list where the input has one under that name and the text is one, and as a
    /// string otherwise, so that validation names the violation. A name that the input does not have is passed on for
    /// the same reason.
    ///
    /// - Parameters:
    ///   - body: the body as it came in; empty if there was none.
    ///   - parameters: the names and decoded values of the path and of the query, in their order.
    /// - Throws: ``Problem``: a field that is given twice, together with every other violation of the input.
    package func input(body: Data, parameters: [(name: String, value: String)]) throws(Problem) -> Data {
        guard !parameters.isEmpty else { return body }
        let members: [(key: String, value: Data)]
        if body.isEmpty {
            members = []
        } else if let found = JSONSlices.members(of: body) {
            members = found
        } else if case .object? = try? WireJSON.decode(JSONValue.self, from: body) {
            // Another encoding of an object would let its members hide those of the path.
            throw Problem(.malformedJSON, "The input is not JSON in UTF-8 (RFC 8259).")
        } else {
            // No JSON, or no object: validation says so.
            return body
        }
        var merged = MergedObject(schema: input)
        for member in members { merged.take(member.key, raw: member.value) }
        for parameter in parameters { merged.take(parameter.name, text: parameter.value) }
        let data = merged.data
        guard !merged.repeated.isEmpty else { return data }
        // What is wrong with the syntax of the body is said first, as it is without parameters.
        guard let value = try? WireJSON.decode(JSONValue.self, from: data) else { return data }
        let pointers = Set(merged.repeated.map(\.pointer))
        throw .invalid(merged.repeated + input.violations(in: value).filter { !pointers.contains($0.pointer) })
    }
}

/// An object that grows by members of a body and by parameters.
private struct MergedObject {
    private struct Member {
        enum Source { case body, parameter }

        let name: String
        let source: Source
        /// One value, or the elements of a list.
        var values: [Data]
        let isList: Bool
    }

    private let shapes: [String: Schema.Shape]
    private var members: [Member] = []
    /// The place of each name's first member. A request may have thousands of names.
    private var places: [String: Int] = [:]
    private(set) var repeated: [Violation] = []

    init(schema: Schema) {
        shapes = Dictionary(schema.properties.map { ($0.name, $0.schema.shape) }) { first, _ in first }
    }

    mutating func take(_ name: String, raw: Data) {
        // A name that the body itself has twice is left to the decoder.
        append(Member(name: name, source: .body, values: [raw], isList: false))
    }

    private mutating func append(_ member: Member) {
        if places[member.name] == nil { places[member.name] = members.count }
        members.append(member)
    }

    mutating func take(_ name: String, text: String) {
        let shape = shapes[name]
        var isList = false
        var element = shape
        if case .array(let schema)? = shape { (isList, element) = (true, schema.shape) }
        let value = Self.json(text, as: element)
        guard let index = places[name] else {
            append(Member(name: name, source: .parameter, values: [value], isList: isList))
            return
        }
        switch members[index].source {
        case .body: note(name, "is given twice: in the body, and in the path or the query")
        case .parameter where isList: members[index].values.append(value)
        // Of a name that the input does not have, once is enough to say so.
        case .parameter where shape == nil: break
        case .parameter: note(name, "is given more than once")
        }
    }

    private mutating func note(_ name: String, _ detail: String) {
        let pointer = "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
        if repeated.count < 50, !repeated.contains(where: { $0.pointer == pointer }) {
            repeated.append(Violation(pointer: pointer, detail: detail))
        }
    }

    var data: Data {
        var data = Data("{".utf8)
        for (index, member) in members.enumerated() {
            if index > 0 { data.append(UInt8(ascii: ",")) }
            data.append(Self.string(member.name))
            data.append(UInt8(ascii: ":"))
            if member.isList { data.append(UInt8(ascii: "[")) }
            for (index, value) in member.values.enumerated() {
                if index > 0 { data.append(UInt8(ascii: ",")) }
                data.append(value)
            }
            if member.isList { data.append(UInt8(ascii: "]")) }
        }
        data.append(UInt8(ascii: "}"))
        return data
    }

    private static func json(_ text: String, as shape: Schema.Shape?) -> Data {
        switch shape {
        case .integer? where isNumber(text, whole: true), .number? where isNumber(text, whole: false): Data(text.utf8)
        case .boolean? where text == "true" || text == "false": Data(text.utf8)
        default: string(text)
        }
    }

    /// Whether a text is a number of JSON (RFC 8259, section 6): no plus, no leading zero, no bare point.
    private static func isNumber(_ text: String, whole: Bool) -> Bool {
        var rest = Substring(text).utf8
        func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
        func takeDigits() -> Int {
            let digits = rest.prefix(while: isDigit)
            rest = rest.dropFirst(digits.count)
            return digits.count
        }
        func take(_ choices: UInt8...) -> Bool {
            guard let first = rest.first, choices.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard text.utf8.count <= 64 else { return false }
        _ = take(UInt8(ascii: "-"))
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let digits = takeDigits()
        guard digits > 0, !startsWithZero || digits == 1 else { return false }
        if whole { return rest.isEmpty }
        if take(UInt8(ascii: ".")), takeDigits() == 0 { return false }
        if take(UInt8(ascii: "e"), UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+"), UInt8(ascii: "-"))
            if takeDigits() == 0 { return false }
        }
        return rest.isEmpty
    }

    /// A text as a string of JSON (RFC 8259, section 7).
    private static func string(_ text: String) -> Data {
        let hexadecimal = Array("0123456789abcdef".utf8)
        var data = Data([UInt8(ascii: "\"")])
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): data.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0..<32:
                data.append(contentsOf: Array("\\u00".utf8) + [hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]])
            default: data.append(byte)
            }
        }
        data.append(UInt8(ascii: "\""))
        return data
    }
}

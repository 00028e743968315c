import Support

/// Makes JSON out of a seed: any values, with white space and escapes wherever they are allowed.
struct JSONGenerator {
    private let random: SeededRandom

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    mutating func number(below bound: Int) -> Int { random.number(in: 0...bound - 1) }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(below: elements.count)] }

    mutating func space() -> String {
        number(below: 3) == 0 ? pick([" ", "\n", "\t", "\r", "  \r\n "]) : ""
    }

    mutating func string() -> String {
        let pieces = [
            "a", "Z", "0", " ", "é", "中", "🚌", "/", "{", "}", "[", "]", ":", ",", "'", #"\""#, #"\\"#, #"\/"#, #"\b"#,
            #"\n"#,
            #"\u0041"#, #"\u00e9"#, #"\ud83d\ude8c"#,
        ]
        return "\"" + (0..<number(below: 6)).map { _ in pick(pieces) }.joined() + "\""
    }

    mutating func scalar() -> String {
        switch number(below: 4) {
        case 0: string()
        case 1: pick(["0", "-1", "7", "2.5", "-0.125", "1e3", "2E-2", "1234567890", "100000000000000000"])
        case 2: pick(["true", "false"])
        default: "null"
        }
    }

    mutating func value(depth: Int) -> String {
        guard depth > 0 else { return scalar() }
        switch number(below: 4) {
        case 0:
            let elements = (0..<number(below: 4)).map { _ in space() + value(depth: depth - 1) + space() }
            return "[" + (elements.isEmpty ? space() : elements.joined(separator: ",")) + "]"
        case 1: return object(depth: depth - 1)
        default: return scalar()
        }
    }

    /// An object whose keys all differ.
    mutating func object(depth: Int) -> String {
        let members = (0..<number(below: 5)).map { index in
            let key = string().dropLast() + "#\(index)\""
            return space() + key + space() + ":" + space() + value(depth: depth) + space()
        }
        return "{" + (members.isEmpty ? space() : members.joined(separator: ",")) + "}"
    }
}

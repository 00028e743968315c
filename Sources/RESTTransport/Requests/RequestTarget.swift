/// The path and the query of a request, still encoded.
struct RequestTarget {
    let path: Substring
    let query: Substring?

    /// - Parameter text: the target in origin form or in absolute form, which a server must take too (RFC 9112,
    ///   section 3.2.2).
    init(_ text: String) {
        var rest = Substring(text)
        if !rest.hasPrefix("/"), let scheme = rest.firstRange(of: "://") {
            let afterAuthority = rest[scheme.upperBound...].firstIndex { $0 == "/" || $0 == "?" }
            rest = afterAuthority.map { rest[$0...] } ?? "/"
        }
        if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) {
            path = rest[..<mark]
            query = rest[rest.utf8.index(after: mark)...]
        } else {
            path = rest
            query = nil
        }
    }

    /// The names and values of the query in their order, decoded as a form is: a plus is a space.
    ///
    /// Nil if an escape is none, or the text is not UTF-8.
    func parameters() -> [(name: String, value: String)]? {
        guard let query else { return [] }
        var found: [(name: String, value: String)] = []
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEncoding.decode(Substring(parts[0]), plusIsSpace: true),
                let value = parts.count == 1 ? "" : PercentEncoding.decode(Substring(parts[1]), plusIsSpace: true)
            else { return nil }
            found.append((name, value))
        }
        return found
    }
}

enum PercentEncoding {
    /// Decodes `%41`; nil if an escape is none, or the result is not UTF-8.
    static func decode(_ text: Substring, plusIsSpace: Bool) -> String? {
        let plus = UInt8(ascii: "+")
        let percent = UInt8(ascii: "%")
        guard text.utf8.contains(where: { $0 == percent || (plusIsSpace && $0 == plus) }) else { return String(text) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case percent:
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
                bytes.append(high << 4 | low)
            case plus where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

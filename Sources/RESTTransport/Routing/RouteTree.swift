/// Finds what stands under a path: literal segments first, placeholders after them.
struct RouteTree<Value: Sendable>: Sendable {
    struct Match {
        let value: Value
        /// The decoded text of each placeholder, in the order of the path.
        let parameters: [String]
    }

    /// The path has an escape that is none, or is not UTF-8.
    struct MalformedPath: Error {}

    private struct Node: Sendable {
        var literals: [String: Int] = [:]
        var placeholder: Int?
        var value: Value?
    }

    private var nodes = [Node()]
    /// Whole paths without placeholders, which is most of them: found in one look.
    private var exact: [String: Value] = [:]

    /// The value under a path template like `/v1/bookings/{id}`.
    subscript(template: String) -> Value? {
        get {
            var index = 0
            for segment in Self.segments(template[...]) {
                let next = Self.isPlaceholder(segment) ? nodes[index].placeholder : nodes[index].literals[String(segment)]
                guard let next else { return nil }
                index = next
            }
            return nodes[index].value
        }
        set {
            var index = 0
            var hasPlaceholders = false
            for segment in Self.segments(template[...]) {
                let next: Int? =
                    Self.isPlaceholder(segment) ? nodes[index].placeholder : nodes[index].literals[String(segment)]
                if let next {
                    index = next
                } else {
                    nodes.append(Node())
                    if Self.isPlaceholder(segment) {
                        nodes[index].placeholder = nodes.count - 1
                    } else {
                        nodes[index].literals[String(segment)] = nodes.count - 1
                    }
                    index = nodes.count - 1
                }
                hasPlaceholders = hasPlaceholders || Self.isPlaceholder(segment)
            }
            nodes[index].value = newValue
            if !hasPlaceholders { exact[template] = newValue }
        }
    }

    /// - Throws: ``MalformedPath``.
    func find(_ path: Substring) throws(MalformedPath) -> Match? {
        if let value = exact[String(path)] { return Match(value: value, parameters: []) }
        var segments: [String] = []
        for segment in Self.segments(path) {
            guard let text = PercentEncoding.decode(segment, plusIsSpace: false) else { throw MalformedPath() }
            segments.append(text)
        }
        guard path.hasPrefix("/"), let found = walk(segments[...], from: 0) else { return nil }
        return Match(value: found.value, parameters: found.parameters.reversed())
    }

    /// Placeholders are collected on the way back, and so in reverse.
    private func walk(_ rest: ArraySlice<String>, from index: Int) -> (value: Value, parameters: [String])? {
        guard let segment = rest.first else { return nodes[index].value.map { ($0, []) } }
        if let next = nodes[index].literals[segment], let found = walk(rest.dropFirst(), from: next) { return found }
        guard !segment.isEmpty, let next = nodes[index].placeholder,
            let found = walk(rest.dropFirst(), from: next)
        else { return nil }
        return (found.value, found.parameters + [segment])
    }

    private static func segments(_ path: Substring) -> [Substring] {
        path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { Substring($0) }
    }

    private static func isPlaceholder(_ segment: Substring) -> Bool {
        segment.hasPrefix("{") && segment.hasSuffix("}")
    }
}

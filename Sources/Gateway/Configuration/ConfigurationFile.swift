import CommandBus
import Configuration
import Foundation

/// A JSON object of objects, whose leaves are the values of options.
///
/// The library's own file provider can't tell which keys a file has, and a mistyped key has to be named.
struct ConfigurationFile: Sendable {
    let path: String
    private var leaves: [String: ConfigContent] = [:]

    /// A file that is not there.
    init() {
        path = ""
    }

    init(path: String) throws(ConfigurationProblem) {
        self.path = path
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationProblem(place: path, rule: "can't be read: it must be a JSON file")
        }
        guard let value = try? WireJSON.decode(JSONValue.self, from: data), case .object(let members) = value else {
            throw ConfigurationProblem(place: path, rule: "must be a JSON object")
        }
        collect(members, under: "")
    }

    /// Drops what is not among `keys`.
    ///
    /// - Returns: the keys that were dropped.
    mutating func keep(_ keys: Set<String>) -> [String] {
        let unknown = leaves.keys.filter { !keys.contains($0) }
        for key in unknown { leaves[key] = nil }
        return unknown
    }

    var provider: InMemoryProvider {
        let values = leaves.map { key, content in
            (AbsoluteConfigKey(key.split(separator: ".").map(String.init)), ConfigValue(content, isSecret: false))
        }
        return InMemoryProvider(name: "file", values: Dictionary(uniqueKeysWithValues: values))
    }

    private mutating func collect(_ members: [String: JSONValue], under prefix: String) {
        for (name, value) in members {
            // A point inside of a name would make two keys of one.
            let key = prefix + name.replacing(".", with: "\\.")
            if case .object(let inner) = value, !inner.isEmpty {
                collect(inner, under: key + ".")
            } else {
                leaves[key] = Self.content(of: value)
            }
        }
    }

    private static func content(of value: JSONValue) -> ConfigContent {
        // No option takes bytes, so what is of no fitting type is refused by the rule of whatever option it is meant for.
        let unfitting = ConfigContent.bytes([])
        switch value {
        case .string(let text): return .string(text)
        case .boolean(let flag): return .bool(flag)
        case .integer(let number): return Int(exactly: number).map(ConfigContent.int) ?? unfitting
        case .array(let values):
            var texts: [String] = []
            for case .string(let text) in values { texts.append(text) }
            return texts.count == values.count ? .stringArray(texts) : unfitting
        case .null, .number, .object: return unfitting
        }
    }
}

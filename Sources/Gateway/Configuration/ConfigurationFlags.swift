/// The flags of options on a command line: `--port 8080`, `--port=8080`, or `--demo` alone where it is true or false.
struct ConfigurationFlags: Sendable {
    /// By the keys of the options.
    private(set) var values: [String: String] = [:]
    /// Every argument that is no flag, is given twice or lacks its value.
    private(set) var problems: [ConfigurationProblem] = []

    init(_ arguments: [String]) {
        let options = Dictionary(uniqueKeysWithValues: ConfigurationOption.all.map { ($0.flag, $0) })
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let option = options[parts[0]] else {
                problems.append(ConfigurationProblem(place: parts[0], rule: "is not an option"))
                // What follows an unknown flag is most likely its value, and no second mistake.
                if parts.count == 1, argument.hasPrefix("--"), Self.isValue(rest.first) { rest.removeFirst() }
                continue
            }
            let value: String
            if parts.count == 2 {
                value = parts[1]
            } else if option.kind == .toggle {
                value = "true"
            } else if let next = rest.first, Self.isValue(next) {
                value = next
                rest.removeFirst()
            } else {
                problems.append(ConfigurationProblem(place: option.flag, rule: "needs a value: \(option.rule)"))
                continue
            }
            if values.updateValue(value, forKey: option.key) != nil {
                problems.append(ConfigurationProblem(place: option.flag, rule: "is given twice"))
            }
        }
    }

    private static func isValue(_ argument: String?) -> Bool {
        argument?.hasPrefix("--") == false
    }
}

/// Everything that is wrong with a configuration, at once.
struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    /// What the process ends with.
    static let exitCode: Int32 = 2

    let problems: [ConfigurationProblem]

    var description: String {
        let count = problems.count == 1 ? "1 thing is" : "\(problems.count) things are"
        return (["\(count) wrong with the configuration:"] + problems.map { "  \($0)" }).joined(separator: "\n")
    }
}

/// One thing that is wrong: where, and the rule that it breaks.
struct ConfigurationProblem: Error, Equatable, CustomStringConvertible {
    /// The flag, the environment variable, or the key and its file.
    let place: String
    let rule: String

    var description: String { "\(place) \(rule)" }
}

import Configuration

/// The three places that values come from, and what in them is no option at all.
struct ConfigurationSources: Sendable {
    /// A flag is a text that is read by the same rules as a variable's, and so is kept under the variable's name.
    private let flags: [String: String]
    private let environment: [String: String]
    private let file: ConfigurationFile
    let problems: [ConfigurationProblem]

    /// No values at all.
    init() {
        flags = [:]
        environment = [:]
        file = ConfigurationFile()
        problems = []
    }

    /// Takes the sources in, reads the file that they name, and notes every name in them that is no option.
    init(flags: [String: String], environment: [String: String], options: [ConfigurationOption]) {
        var problems: [ConfigurationProblem] = []
        func note(_ places: some Sequence<String>) {
            problems += places.sorted().map { ConfigurationProblem(place: $0, rule: "is not an option") }
        }
        let variables = Dictionary(uniqueKeysWithValues: options.map { ($0.key, $0.environmentName) })
        note(flags.keys.filter { variables[$0] == nil })
        let named = flags.compactMap { key, value in variables[key].map { ($0, value) } }
        self.flags = Dictionary(uniqueKeysWithValues: named)

        var known = environment.filter { $0.key.hasPrefix("FAREBUS_") }
        for option in options {
            guard let alias = option.alias, let value = environment[alias], !value.isEmpty else { continue }
            if known[option.environmentName] == nil { known[option.environmentName] = value }
        }
        self.environment = known
        note(Set(self.environment.keys).subtracting(variables.values))

        var file = ConfigurationFile()
        if let path = [flags["config"], environment["FAREBUS_CONFIG"]].lazy.compactMap(\.self).first, !path.isEmpty {
            do throws(ConfigurationProblem) {
                file = try ConfigurationFile(path: path)
            } catch {
                problems.append(error)
            }
            note(file.keep(Set(options.filter(\.isInFile).map(\.key))).map { "\($0) in \(path)" })
        }
        self.file = file
        self.problems = problems
    }

    /// The providers, the strongest first.
    var providers: [any ConfigProvider] {
        [
            EnvironmentVariablesProvider(environmentVariables: flags).prefixKeys(with: "farebus"),
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "farebus"),
            file.provider,
        ]
    }

    /// What the provider at a place in ``providers`` stands for.
    func origin(ofProvider index: Int) -> ConfigurationOrigin {
        switch index {
        case 0: .flag
        case 1: .environment
        case 2: .file(file.path)
        default: .standard
        }
    }
}

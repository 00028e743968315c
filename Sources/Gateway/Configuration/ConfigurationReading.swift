import Configuration
import Synchronization

/// Reads options one by one, and goes on after a wrong one, so that all of them are named at once.
///
/// Each call both declares an option and reads it. With no sources it only declares; see ``ConfigurationOption/all``.
struct ConfigurationReading {
    private(set) var settings: [ConfigurationSetting] = []
    private(set) var problems: [ConfigurationProblem]
    private let sources: ConfigurationSources
    private let reader: ConfigReader
    private let lookups = LookupRecorder()

    init(sources: ConfigurationSources) {
        self.sources = sources
        problems = sources.problems
        reader = ConfigReader(providers: sources.providers, accessReporter: lookups)
    }

    mutating func text(
        _ key: String, default standard: String, _ summary: String, defaultText: String? = nil, isInFile: Bool = true,
        rule: String = "a text", accepts: (String) -> Bool = { _ in true }
    ) -> String {
        value(
            key, default: standard, defaultText ?? standard, rule: rule, summary, isInFile: isInFile,
            parse: { accepts($0) ? $0 : nil }, write: \.self
        )
    }

    mutating func integer(
        _ key: String, default standard: Int, in range: ClosedRange<Int>, _ summary: String, defaultText: String? = nil
    ) -> Int {
        let option = ConfigurationOption(
            key: key, kind: .integer, defaultText: defaultText ?? String(standard),
            rule: "a whole number from \(range.lowerBound) to \(range.upperBound)", summary: summary, isInFile: true
        )
        return resolve(
            option, standard, look: { $0.int(forKey: $1) }, accept: { range.contains($0) ? $0 : nil }, write: String.init
        )
    }

    mutating func toggle(_ key: String, default standard: Bool, _ summary: String, isInFile: Bool = true) -> Bool {
        let option = ConfigurationOption(
            key: key, kind: .toggle, defaultText: String(standard), rule: "true or false", summary: summary,
            isInFile: isInFile
        )
        return resolve(option, standard, look: { $0.bool(forKey: $1) }, accept: \.self, write: String.init)
    }

    /// One word out of a closed set.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ key: String, default standard: Choice, _ summary: String, defaultText: String? = nil
    ) -> Choice where Choice.RawValue == String {
        value(
            key, default: standard, defaultText ?? standard.rawValue,
            rule: "one of " + Choice.allCases.map(\.rawValue).joined(separator: ", "), summary,
            parse: Choice.init(rawValue:), write: \.rawValue
        )
    }

    /// A text that stands for something else.
    mutating func value<Value>(
        _ key: String, default standard: Value, _ defaultText: String, rule: String, _ summary: String,
        isInFile: Bool = true, alias: String? = nil, isSecret: Bool = false, parse: (String) -> Value?,
        write: (Value) -> String
    ) -> Value {
        let option = ConfigurationOption(
            key: key, kind: .text, defaultText: defaultText, rule: rule, summary: summary, isInFile: isInFile,
            alias: alias, isSecret: isSecret
        )
        return resolve(option, standard, look: { $0.string(forKey: $1) }, accept: parse, write: write)
    }

    /// A list of texts, empty by default. As a flag or a variable its parts stand between commas.
    mutating func list(_ key: String, _ summary: String, rule: String, accepts: (String) -> Bool) -> [String] {
        let option = ConfigurationOption(
            key: key, kind: .list, defaultText: "", rule: rule, summary: summary, isInFile: true
        )
        return resolve(
            option, [],
            look: { $0.stringArray(forKey: $1) },
            accept: { parts in
                // An empty variable is an empty list, not a list of one empty text.
                let parts = parts.filter { !$0.isEmpty }
                return parts.allSatisfy(accepts) ? parts : nil
            },
            write: { $0.joined(separator: ",") }
        )
    }

    /// Notes that two good values do not fit together.
    mutating func conflict(_ key: String, _ rule: String) {
        guard let setting = settings.first(where: { $0.option.key == key }) else { return }
        problems.append(ConfigurationProblem(place: place(of: setting.option, setting.origin), rule: rule))
    }

    /// Whether nobody has set an option that was read before.
    func isStandard(_ key: String) -> Bool {
        settings.contains { $0.option.key == key && $0.origin == .standard }
    }

    private mutating func resolve<Raw, Value>(
        _ option: ConfigurationOption, _ standard: Value, look: (ConfigReader, ConfigKey) -> Raw?,
        accept: (Raw) -> Value?, write: (Value) -> String
    ) -> Value {
        let found = look(reader, ConfigKey(option.key.split(separator: ".").map(String.init)))
        let origin = sources.origin(ofProvider: lookups.lastAnswer ?? -1)
        if let found, let value = accept(found) {
            settings.append(ConfigurationSetting(option: option, value: write(value), origin: origin))
            return value
        }
        if origin != .standard {
            let rule = "must be " + option.rule
            problems.append(ConfigurationProblem(place: place(of: option, origin), rule: rule))
        }
        settings.append(ConfigurationSetting(option: option, value: write(standard), origin: .standard))
        return standard
    }

    private func place(of option: ConfigurationOption, _ origin: ConfigurationOrigin) -> String {
        switch origin {
        case .flag: option.flag
        case .environment: option.environmentName
        case .file(let path): "\(option.key) in \(path)"
        case .standard: option.key
        }
    }
}

/// Remembers which provider answered the last look-up; the reader itself does not tell.
private final class LookupRecorder: AccessReporter {
    private let last = Mutex<Int?>(nil)

    /// The place of the provider that had a value, be it of the right type or not; nil if none had.
    var lastAnswer: Int? { last.withLock(\.self) }

    func report(_ event: AccessEvent) {
        // Providers are asked in their order until one has something.
        let hasAnswer =
            switch event.providerResults.last?.result {
            case .success(let lookup): lookup.value != nil
            case .failure: true
            case nil: false
            }
        last.withLock { $0 = hasAnswer ? event.providerResults.count - 1 : nil }
    }
}

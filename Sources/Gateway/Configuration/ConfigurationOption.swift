/// One thing that can be configured, as `farebus config` and the documentation know it.
///
/// Options are declared where ``ServerConfiguration`` is read, each in one call that names its default, its rule and its
/// sentence; this is what is left of such a call for those who list them.
struct ConfigurationOption: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case text
        case integer
        /// `true` or `false`; as a flag it may stand alone.
        case toggle
        case list
    }

    /// The path of names in the file, such as `http.maxBody`.
    let key: String
    let kind: Kind
    /// The default as it would be written; empty for none.
    let defaultText: String
    /// What a value must be, to go after "must be".
    let rule: String
    /// One sentence for the reference.
    let summary: String
    /// False for what only makes sense outside a file.
    let isInFile: Bool
    /// Another variable by which it is known, as other software calls it.
    var alias: String?
    /// Whether a value may hold a password, which is then shown to nobody.
    var isSecret = false

    /// `FAREBUS_HTTP_MAX_BODY`.
    var environmentName: String { "FAREBUS_" + words.joined(separator: "_").uppercased() }

    /// `--http-max-body`.
    var flag: String { "--" + words.joined(separator: "-") }

    private var words: [String] {
        var words: [String] = [""]
        for character in key {
            if character == "." {
                words.append("")
            } else if character.isUppercase {
                words.append(character.lowercased())
            } else {
                words[words.count - 1].append(character)
            }
        }
        return words
    }

    /// All options, in the order of the documentation.
    static let all: [ConfigurationOption] = {
        var reading = ConfigurationReading(sources: ConfigurationSources())
        _ = ServerConfiguration(reading: &reading)
        return reading.settings.map(\.option)
    }()
}

/// Where a value came from, the strongest first.
enum ConfigurationOrigin: Sendable, Equatable {
    case flag
    case environment
    /// The file at this path.
    case file(String)
    case standard
}

/// An option with the value that it has, for listing.
struct ConfigurationSetting: Sendable, Equatable {
    let option: ConfigurationOption
    let value: String
    let origin: ConfigurationOrigin
}

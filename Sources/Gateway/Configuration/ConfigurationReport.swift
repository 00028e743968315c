/// The options as people read them.
enum ConfigurationReport {
    /// Each option with its value and where that comes from, in columns.
    static func list(_ configuration: ServerConfiguration) -> String {
        let rows = configuration.settings.map { setting in
            [setting.option.key, shown(setting), origin(of: setting)]
        }
        let widths = (0..<2).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                column < 2 ? cell + String(repeating: " ", count: widths[column] - cell.count) : cell
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// The page of the documentation that lists all options.
    static func markdown() -> String {
        let rows = ConfigurationOption.all.map { option in
            let standard = option.defaultText.isEmpty ? "" : "`\(option.defaultText)`"
            let key = option.isInFile ? "`\(option.key)`" : ""
            let variables = [option.environmentName, option.alias].compactMap(\.self).map { "`\($0)`" }
            let cells = [
                key, "`\(option.flag)`", variables.joined(separator: " or "), standard, option.rule, option.summary,
            ]
            return "| " + cells.joined(separator: " | ") + " |"
        }
        return preamble + rows.joined(separator: "\n") + "\n"
    }

    /// What `--help` says of the options.
    static func help() -> String {
        ConfigurationOption.all.map { option in
            let flag = option.kind == .toggle ? option.flag : option.flag + " VALUE"
            let standard = option.defaultText.isEmpty ? "" : " (default: \(option.defaultText))"
            return "  \(flag)\n      \(option.summary)\(standard)"
        }.joined(separator: "\n")
    }

    private static func shown(_ setting: ConfigurationSetting) -> String {
        if setting.value.isEmpty { return "-" }
        return setting.option.isSecret ? "(not shown)" : setting.value
    }

    private static func origin(of setting: ConfigurationSetting) -> String {
        switch setting.origin {
        case .flag: setting.option.flag
        case .environment: setting.option.environmentName
        case .file(let path): path
        case .standard: "default"
        }
    }

    private static let preamble = """
        # Configuration

        This page is made from the server's own list of options by `make reference`.

        A value is taken from a flag, else from the environment, else from the file, else it is the default.
        `farebus config` takes the same flags as `farebus serve` and prints every option with its value and where that comes
        from. Wrong values and unknown names, wherever they stand, are all named at once, and the server ends with status 2.

        - **Flags**: `--port 8080` or `--port=8080`. What is true or false may stand alone: `--demo`.
        - **Environment**: `FAREBUS_PORT=8080`. A variable that begins with `FAREBUS_` and is no option is refused.
          True or false is also taken as yes or no, and 1 or 0. What may hold a password belongs here or in the file, not
          into a flag, which every user of the machine can read.
        - **File**: `--config PATH`, a JSON object in which a key like `http.maxBody` is `{"http": {"maxBody": 65536}}`.
        - **Lists**: a JSON list of texts in the file; elsewhere one text with commas: `a.example,b.example`.

        | key in the file | flag | variable | default | must be | |
        |---|---|---|---|---|---|

        """
}

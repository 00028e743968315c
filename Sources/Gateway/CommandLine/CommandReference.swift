import CommandBus

/// The page of the documentation that lists all commands and topics.
enum CommandReference {
    static func markdown(_ table: CommandTable, _ topics: [FeedTopic]) -> String {
        var lines = [
            "# Commands", "",
            "This page is made from the server's own command table by `make reference`.", "",
            "Each command is one input, one output and one set of problems, whatever carries it: a request (`method path`) or",
            "a frame on a socket (`{\"id\": …, \"cmd\": name, \"input\": …}`). `GET /v1/openapi.json` and `GET /v1/asyncapi.json` say",
            "the same for tools.", "",
        ]
        for entry in table.entries { lines += section(entry) }
        lines += ["# Topics", ""]
        for topic in topics {
            let filters = topic.filters.isEmpty ? "none" : topic.filters.map { "`\($0)`" }.joined(separator: ", ")
            lines += [
                "## `\(topic.name)`", "", topic.summary, "", "- Who: \(text(topic.access))", "- Filters: \(filters)",
                "- Change: \(fields(topic.change))", "- Snapshot: \(fields(topic.snapshot))", "",
            ]
        }
        return lines.joined(separator: "\n")
    }

    private static func section(_ entry: CommandEntry) -> [String] {
        var lines = [
            "## `\(entry.name)`", "", entry.summary, "",
            "- REST: `\(entry.route.method.rawValue) \(entry.route.path)` → \(entry.status)",
            "- Who: \(text(entry.access))",
        ]
        if let windows = entry.windows {
            lines.append("- When: \(windows.map(\.rawValue).sorted().joined(separator: ", "))")
        }
        switch entry.idempotency {
        case .none: break
        case .optional: lines.append("- Idempotency key: optional")
        case .required: lines.append("- Idempotency key: required")
        }
        if entry.availability == .always { lines.append("- Stays open in maintenance") }
        lines.append("- Input: \(fields(entry.input))")
        lines.append("- Output: \(entry.status == 204 ? "none" : fields(entry.output))")
        if !entry.problems.isEmpty {
            lines.append("- Problems: \(entry.problems.map { "`\($0.name)` (\($0.status))" }.joined(separator: ", "))")
        }
        return lines + ["", "```json", String(decoding: entry.example, as: UTF8.self), "```", ""]
    }

    private static func text(_ access: Access) -> String {
        switch access {
        case .anyone: "anyone"
        case .signedIn: "signed in"
        case .roles(let roles): roles.map(\.rawValue).sorted().joined(separator: ", ")
        }
    }

    private static func fields(_ schema: Schema) -> String {
        let fields = schema.properties.map { "`\($0.name)`\($0.isRequired ? "" : " (optional)")" }
        return fields.isEmpty ? "none" : fields.joined(separator: ", ")
    }
}

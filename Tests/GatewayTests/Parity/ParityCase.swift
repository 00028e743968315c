import CommandBus
import Foundation

/// A command that is sent over both transports to two servers that are alike.
struct ParityCase: Sendable, CustomStringConvertible {
    let command: String
    let label: String
    /// An account of the demo, or the name of a token that an earlier case has kept, in braces; nil for nobody.
    let account: String?
    /// The input as JSON: an object, or bytes that are meant to be none.
    let input: Input
    let key: String?
    /// The status that is expected, where it is known.
    let status: Int?
    /// Members of the answer that later cases lean on, by the names that ``ParityMemory`` knows them under.
    let keeps: [String: String]

    enum Input: Sendable {
        case object([String: JSONValue])
        case bytes(String)
    }

    init(
        _ command: String, _ label: String, as account: String?, _ input: Input, key: String? = nil, status: Int? = nil,
        keeps: [String: String] = [:]
    ) {
        self.command = command
        self.label = label
        self.account = account
        self.input = input
        self.key = key
        self.status = status
        self.keeps = keeps
    }

    var description: String { "\(command): \(label)" }
}

/// What came back: everything that both transports carry.
struct ParityAnswer: Equatable, Sendable {
    let status: Int
    /// The output or the problem, byte for byte.
    let body: String
    let retryAfter: String?
    let position: String?
    let isReplay: Bool
}

/// Makes the cases that every command must go through, from the table.
struct ParityCases {
    let table: CommandTable
    /// Inputs that fit the data of the demo, by the name of their command.
    let scenario: [ParityCase]

    /// The scenario, then every way of getting each command wrong.
    func all() -> [ParityCase] {
        scenario
            + table.entries.flatMap { entry in
                unauthorized(entry) + malformed(entry) + conflicting(entry) + oversized(entry)
            }
    }

    private func example(_ entry: CommandEntry) -> [String: JSONValue] {
        guard case .object(let members)? = try? JSONDecoder().decode(JSONValue.self, from: entry.example) else { return [:] }
        return members
    }

    /// Somebody who may use the command.
    private func allowed(_ entry: CommandEntry) -> String? {
        switch entry.access {
        case .anyone: nil
        case .signedIn: "rider1@demo.test"
        case .roles(let roles): Self.accounts.first { roles.contains($0.role) }?.email
        }
    }

    private static let accounts: [(role: Role, email: String)] = [
        (.rider, "rider1@demo.test"), (.conductor, "conductor@demo.test"), (.developer, "developer@demo.test"),
        (.godAdmin, "god@demo.test"),
    ]

    private func key(_ entry: CommandEntry, _ label: String) -> String? {
        entry.idempotency == .none ? nil : "\(entry.name)-\(label)"
    }

    private func unauthorized(_ entry: CommandEntry) -> [ParityCase] {
        var cases: [ParityCase] = []
        let input = ParityCase.Input.object(example(entry))
        if entry.access != .anyone {
            cases.append(ParityCase(entry.name, "nobody", as: nil, input, key: key(entry, "nobody"), status: 401))
        }
        if case .roles(let roles) = entry.access {
            for account in Self.accounts where !roles.contains(account.role) {
                let label = "as \(account.role.rawValue)"
                cases.append(
                    ParityCase(entry.name, label, as: account.email, input, key: key(entry, "role"), status: 403)
                )
            }
        }
        return cases
    }

    private func malformed(_ entry: CommandEntry) -> [ParityCase] {
        let who = allowed(entry)
        var cases: [ParityCase] = []
        func add(_ label: String, _ input: ParityCase.Input, status: Int) {
            cases.append(ParityCase(entry.name, label, as: who, input, key: key(entry, "malformed"), status: status))
        }
        var surplus = example(entry)
        surplus["noSuchField"] = .string("x")
        add("unknown field", .object(surplus), status: 422)
        let fields = entry.input.properties.filter { !entry.route.placeholders.contains($0.name) }
        for field in fields {
            var wrong = example(entry)
            wrong[field.name] = entry.route.takesQuery ? .string("\u{7}?") : .array([])
            add("wrong \(field.name)", .object(wrong), status: 422)
        }
        if !fields.isEmpty, fields.contains(where: \.isRequired) {
            add(
                "nothing of what is required", .object(example(entry).filter { entry.route.placeholders.contains($0.key) }),
                status: 422)
        }
        for name in entry.route.placeholders {
            var wrong = example(entry)
            wrong[name] = .string("no spaces allowed")
            add("wrong \(name)", .object(wrong), status: 422)
        }
        if !entry.route.takesQuery, entry.route.placeholders.isEmpty {
            add("no JSON inside", .bytes(#"{"a": tru}"#), status: 400)
            add("a list", .bytes("[1, 2]"), status: 422)
        }
        return cases
    }

    private func conflicting(_ entry: CommandEntry) -> [ParityCase] {
        guard entry.idempotency != .none else { return [] }
        let (who, input) = (allowed(entry), ParityCase.Input.object(example(entry)))
        var cases = [
            ParityCase(
                entry.name, "a key of 256 characters", as: who, input, key: String(repeating: "k", count: 256), status: 400),
            // This key belongs to the scenario's first booking.
            ParityCase(entry.name, "a key used for something else", as: "rider1@demo.test", input, key: "scenario-book"),
        ]
        if entry.idempotency == .required {
            cases.append(ParityCase(entry.name, "no key", as: who, input, status: 400))
        }
        return cases
    }

    private func oversized(_ entry: CommandEntry) -> [ParityCase] {
        entry.input.properties.compactMap { field in
            guard case .string = field.schema.shape else { return nil }
            var huge = example(entry)
            huge[field.name] = .string(String(repeating: "x", count: 6_000))
            return ParityCase(
                entry.name, "6000 characters of \(field.name)", as: allowed(entry), .object(huge), key: key(entry, "huge"),
                status: 422
            )
        }
    }
}

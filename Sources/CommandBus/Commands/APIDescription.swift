/// What the descriptions of the API (OpenAPI, AsyncAPI) say alike on every transport.
extension CommandEntry {
    /// `bookings.create` as the name of a type: `BookingsCreate`.
    package var typeName: String { Self.typeName(of: name) }

    /// The part of the house that it belongs to: what stands before the first dot.
    package var feature: String { String(name.prefix { $0 != "." }) }

    /// Who may use it, when, and what it costs, in words.
    package var terms: String {
        var sentences = ["Role: \(access.words)."]
        if let windows {
            sentences.append("Window: \(windows.map(\.rawValue).sorted().joined(separator: " or ")).")
        }
        sentences.append("Cost class: \(cost.rawValue).")
        switch idempotency {
        case .none: break
        case .optional: sentences.append("Takes an idempotency key.")
        case .required: sentences.append("Requires an idempotency key.")
        }
        if availability == .always { sentences.append("Available in maintenance.") }
        return sentences.joined(separator: " ")
    }

    /// The terms for programs.
    package var extensions: [String: JSONValue] {
        var members: [String: JSONValue] = [
            "x-access": access.document, "x-cost": .string(cost.rawValue), "x-idempotency": .string(idempotency.rawValue),
            "x-available-in-maintenance": .boolean(availability == .always),
        ]
        if let windows { members["x-windows"] = .array(windows.map(\.rawValue).sorted().map(JSONValue.string)) }
        return members
    }

    /// Every problem that it may be refused with, on any transport: the bus's own and those of its rules.
    package var possibleProblems: [Problem.Code] {
        var codes: [Problem.Code] = [.malformedRequest, .notSignedIn, .sessionExpired, .sessionReplaced, .sessionRevoked]
        // A token can be guessed, whatever it is shown to.
        codes.append(.tooManyGuesses)
        if case .roles = access { codes.append(.notAllowed) }
        if windows != nil { codes.append(.windowClosed) }
        if !input.properties.isEmpty { codes += [.malformedJSON, .tooLarge] }
        codes.append(.invalidInput)
        if idempotency == .required { codes.append(.keyRequired) }
        if idempotency != .none { codes.append(.keyReused) }
        if cost != .free { codes.append(.tooManyRequests) }
        codes += [.internalError, .storeUnavailable, .storeBusy, .stopping]
        if availability == .shutInMaintenance { codes.append(.maintenance) }
        for code in problems where !codes.contains(code) { codes.append(code) }
        return codes
    }

    static func typeName(of name: String) -> String {
        name.split { ".-_".contains($0) }.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}

extension FeedTopic {
    /// `seats` as the name of a type: `Seats`.
    package var typeName: String { CommandEntry.typeName(of: name) }
}

extension Access {
    package var words: String {
        switch self {
        case .anyone: "anyone"
        case .signedIn: "anyone signed in"
        case .roles(let roles): roles.map(\.rawValue).sorted().joined(separator: ", ")
        }
    }

    var document: JSONValue {
        switch self {
        case .anyone: .string("anyone")
        case .signedIn: .string("signed_in")
        case .roles(let roles): .array(roles.map(\.rawValue).sorted().map(JSONValue.string))
        }
    }
}

extension Problem {
    /// The shape of a problem (RFC 9457) as JSON Schema.
    package static var document: JSONValue {
        func text(_ description: String) -> JSONValue {
            .object(["type": .string("string"), "description": .string(description)])
        }
        let violation: JSONValue = .object([
            "type": .string("object"), "required": .array([.string("pointer"), .string("detail")]),
            "properties": .object([
                "pointer": text("A JSON pointer (RFC 6901) into the input; empty for the whole of it."),
                "detail": text("The rule that is broken."),
            ]),
        ])
        let retries = [Retry.never, .after, .sameKey].map { JSONValue.string($0.rawValue) }
        return .object([
            "type": .string("object"),
            "required": .array(["type", "title", "status", "detail", "code", "retry", "trace"].map(JSONValue.string)),
            "properties": .object([
                "type": text("A URN of the code."),
                "title": text("What the code means; never changes with the occasion."),
                "status": .object([
                    "type": .string("integer"), "minimum": .integer(400), "maximum": .integer(599),
                ]),
                "detail": text("What happened this time."),
                "code": text("Stable, in snake_case."),
                "retry": .object([
                    "type": .string("string"), "enum": .array(retries),
                    "description": .string(
                        "never: the same command gets the same refusal; after: later, after Retry-After; same_key: the "
                            + "outcome is unknown or was not reached, repeat with the same idempotency key."
                    ),
                ]),
                "errors": .object(["type": .string("array"), "items": violation]),
                "trace": text("The trace id under which the server knows this call."),
            ]),
        ])
    }
}

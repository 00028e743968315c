import CommandBus

/// One command as an operation of OpenAPI.
struct OpenAPIOperation {
    private let entry: CommandEntry
    private let example: JSONValue
    /// The properties of the input that are not in the path.
    private let rest: [Schema.Property]

    init(_ entry: CommandEntry) {
        self.entry = entry
        example = (try? WireJSON.decode(JSONValue.self, from: entry.example)) ?? [:]
        let placeholders = Set(entry.route.placeholders)
        rest = entry.input.properties.filter { !placeholders.contains($0.name) }
    }

    private var takesBody: Bool { !entry.route.takesQuery && !rest.isEmpty }

    /// The named schemas that ``document`` refers to.
    var schemas: [String: JSONValue] {
        var schemas: [String: JSONValue] = [:]
        if takesBody { schemas[entry.typeName + "Input"] = body }
        if entry.status != 204 { schemas[entry.typeName + "Output"] = entry.output.document }
        return schemas
    }

    var document: JSONValue {
        var members: [String: JSONValue] = [
            "operationId": .string(entry.name),
            "summary": .string(entry.summary),
            "description": .string(entry.terms),
            "tags": [.string(entry.feature)],
            "security": entry.access == .anyone ? [[:], ["session": []]] : [["session": []]],
            "responses": .object(responses),
        ]
        let parameters = self.parameters
        if !parameters.isEmpty { members["parameters"] = .array(parameters) }
        if takesBody { members["requestBody"] = requestBody }
        members.merge(entry.extensions) { first, _ in first }
        return .object(members)
    }

    /// The input without what is in the path.
    private var body: JSONValue {
        let required = rest.filter(\.isRequired).map { JSONValue.string($0.name) }
        var members: [String: JSONValue] = [
            "type": "object",
            "properties": .object(Dictionary(rest.map { ($0.name, $0.schema.document) }) { first, _ in first }),
            "additionalProperties": false,
        ]
        if !required.isEmpty { members["required"] = .array(required) }
        return .object(members)
    }

    private var requestBody: JSONValue {
        let names = Set(rest.map(\.name))
        var shown: [String: JSONValue] = [:]
        if case .object(let members) = example { shown = members.filter { names.contains($0.key) } }
        return [
            "required": .boolean(rest.contains(where: \.isRequired)),
            "content": [
                "application/json": [
                    "schema": Self.reference(entry.typeName + "Input"),
                    "example": .object(shown),
                ]
            ],
        ]
    }

    private var parameters: [JSONValue] {
        let placeholders = entry.route.placeholders
        var parameters = entry.input.properties.compactMap { property -> JSONValue? in
            let isInPath = placeholders.contains(property.name)
            guard isInPath || entry.route.takesQuery else { return nil }
            var members: [String: JSONValue] = [
                "name": .string(property.name),
                "in": isInPath ? "path" : "query",
                "required": .boolean(isInPath || property.isRequired),
                "schema": property.schema.document,
            ]
            members["example"] = example[property.name]
            return .object(members)
        }
        if entry.idempotency != .none {
            parameters.append([
                "name": "Idempotency-Key", "in": "header", "required": .boolean(entry.idempotency == .required),
                "description": "One key for each intended effect, on any transport. A repeat gets the first answer.",
                "schema": ["type": "string", "minLength": 1, "maxLength": 255],
            ])
        }
        return parameters
    }

    private var responses: [String: JSONValue] {
        var success: [String: JSONValue] = [
            "description": .string(entry.status == 204 ? "Done." : "The output."),
            "headers": .object(successHeaders),
        ]
        if entry.status != 204 {
            success["content"] = ["application/json": ["schema": Self.reference(entry.typeName + "Output")]]
        }
        var codes = entry.possibleProblems
        if takesBody { codes.append(.unsupportedMediaType) }
        var responses = Self.problems(codes)
        responses[String(entry.status)] = .object(success)
        return responses
    }

    private var successHeaders: [String: JSONValue] {
        var names = ["Trace-Id"]
        if entry.cost == .write { names.append("Feed-Position") }
        if entry.idempotency != .none { names.append("Idempotency-Replayed") }
        return Self.references(toHeaders: names)
    }

    /// The responses of problems, by status.
    static func problems(_ codes: [Problem.Code]) -> [String: JSONValue] {
        Dictionary(grouping: codes, by: \.status).reduce(into: [:]) { responses, group in
            let (status, codes) = group
            var headers = ["Trace-Id"]
            if status == 401 { headers.append("WWW-Authenticate") }
            if codes.contains(where: { $0.retry == .after || $0.status == 503 }) { headers.append("Retry-After") }
            responses[String(status)] = [
                "description": .string(codes.map { "`\($0.name)`: \($0.title)." }.joined(separator: " ")),
                "headers": .object(references(toHeaders: headers)),
                "content": ["application/problem+json": ["schema": reference("Problem")]],
                "x-codes": .array(codes.map { .string($0.name) }),
            ]
        }
    }

    static func reference(_ schema: String) -> JSONValue {
        ["$ref": .string("#/components/schemas/\(schema)")]
    }

    private static func references(toHeaders names: [String]) -> [String: JSONValue] {
        Dictionary(names.map { ($0, ["$ref": .string("#/components/headers/\($0)")]) }) { first, _ in first }
    }

    /// The headers of replies.
    static let headers: [String: JSONValue] = [
        "Trace-Id": header("The trace id of the call, from `traceparent` or new.", ["type": "string"]),
        "Feed-Position": header("The feed position that the command produced.", ["type": "string"]),
        "Idempotency-Replayed": header("This is the first answer under the key again.", ["const": "true"]),
        "Retry-After": header("Seconds after which to come back.", ["type": "integer", "minimum": 1]),
        "WWW-Authenticate": header("How to sign in.", ["type": "string"]),
    ]

    private static func header(_ description: String, _ schema: JSONValue) -> JSONValue {
        ["description": .string(description), "schema": schema]
    }
}

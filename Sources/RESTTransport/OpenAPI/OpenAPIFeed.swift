import CommandBus

/// The live feeds as an operation of OpenAPI.
enum OpenAPIFeed {
    static func operation(_ topics: [FeedTopic]) -> JSONValue {
        let list = topics.map { topic in
            let filters = topic.filters.isEmpty ? "" : ", narrowed by \(topic.filters.joined(separator: ", "))"
            return "- `\(topic.name)` (\(topic.access.words)\(filters)): \(topic.summary)"
        }
        let filters = Set(topics.flatMap(\.filters)).sorted().map { name -> JSONValue in
            query(name, "Narrows the feed, where the topic has it.")
        }
        return [
            "operationId": "feeds.stream",
            "tags": ["feeds"],
            "summary": "Streams a feed as server-sent events.",
            "description": .string(
                """
                First a `snapshot`, or what was missed since the cursor; then a `change` with the whole new state of each \
                subject. A cursor that can't be honoured is answered with a `gap` and a snapshot. A comment is sent every \
                15 s, and `bye` before the server ends the stream.

                \(list.joined(separator: "\n"))
                """
            ),
            "security": [[:], ["session": []], ["ticket": []]],
            "parameters": .array(
                [
                    [
                        "name": "topic", "in": "path", "required": true,
                        "schema": ["type": "string", "enum": .array(topics.map { .string($0.name) })],
                    ],
                    query("since", "The last position that was seen, from an event or from `Feed-Position`."),
                    [
                        "name": "Last-Event-ID", "in": "header", "schema": ["type": "string"],
                        "description": "As `since`, and before it: what a browser sends when it comes back.",
                    ],
                ] + filters
            ),
            "responses": .object(responses(topics)),
        ]
    }

    /// The shapes of the data of events.
    static func schemas(_ topics: [FeedTopic]) -> [String: JSONValue] {
        var schemas: [String: JSONValue] = [
            "FeedGap": [
                "type": "object", "required": ["reason"],
                "properties": [
                    "reason": ["type": "string", "enum": .array(FeedGap.allCases.map { .string($0.rawValue) })]
                ],
            ],
            "FeedBye": [
                "type": "object", "required": ["reason"],
                "properties": ["reason": ["type": "string"], "retry_ms": ["type": "integer"]],
            ],
        ]
        for topic in topics {
            schemas[topic.typeName + "Change"] = topic.change.document
            schemas[topic.typeName + "Snapshot"] = topic.snapshot.document
        }
        return schemas
    }

    private static func responses(_ topics: [FeedTopic]) -> [String: JSONValue] {
        let data = topics.flatMap { [$0.typeName + "Snapshot", $0.typeName + "Change"] } + ["FeedGap", "FeedBye"]
        var responses = OpenAPIOperation.problems([
            .malformedRequest, .notSignedIn, .sessionExpired, .sessionReplaced, .sessionRevoked, .notAllowed, .unknownTopic,
            .feedElsewhere, .invalidInput, .tooManyGuesses, .tooManySubscriptions, .internalError, .storeUnavailable,
        ])
        responses["200"] = [
            "description": "The stream. The schema is that of an event's data.",
            "content": [
                "text/event-stream": ["schema": ["anyOf": .array(data.map(OpenAPIOperation.reference))]]
            ],
        ]
        responses["204"] = ["description": "The ticket is spent: don't come back by yourself."]
        return responses
    }

    private static func query(_ name: String, _ description: String) -> JSONValue {
        ["name": .string(name), "in": "query", "description": .string(description), "schema": ["type": "string"]]
    }
}

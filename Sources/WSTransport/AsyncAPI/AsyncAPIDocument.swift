package import CommandBus
package import Foundation

/// The description of the socket and its feeds (AsyncAPI 3.0), made from the command table and the topics themselves.
package enum AsyncAPIDocument {
    /// - Parameters:
    ///   - table: every command is a frame with its reply.
    ///   - topics: every topic is a subscription with its events.
    ///   - version: the version that the document names.
    ///   - path: where the socket is upgraded.
    package static func make(
        table: CommandTable, topics: [FeedTopic], version: String, path: String = "/v1/socket"
    ) -> Data {
        var parts = AsyncAPIParts()
        for entry in table.entries { parts.add(entry) }
        for topic in topics { parts.add(topic) }
        parts.addConnectionFrames(hasTopics: !topics.isEmpty)
        let document: JSONValue = [
            "asyncapi": "3.0.0",
            "id": "urn:farebus:socket",
            "info": [
                "title": "Farebus socket",
                "version": .string(version),
                "description": .string(
                    "Subprotocol farebus.v1.json: text frames of one JSON object each. Every command here is also a "
                        + "request of the REST API, with the same input, output and problems: see /v1/openapi.json."
                ),
                "license": ["name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"],
            ],
            "defaultContentType": "application/json",
            "servers": [
                "socket": [
                    "host": "{host}", "protocol": "ws", "pathname": .string(path),
                    "variables": ["host": ["default": "localhost:8080", "description": "The host and port of the server."]],
                    "security": [["$ref": "#/components/securitySchemes/session"]],
                ]
            ],
            "channels": [
                "socket": [
                    "address": .string(path),
                    "messages": .object(
                        Dictionary(
                            uniqueKeysWithValues: parts.messages.keys.map { name in
                                (name, ["$ref": .string("#/components/messages/\(name)")])
                            })
                    ),
                    "bindings": ["ws": ["method": "GET"]],
                ]
            ],
            "operations": .object(parts.operations),
            "components": [
                "messages": .object(parts.messages),
                "schemas": .object(parts.schemas),
                "securitySchemes": [
                    "session": [
                        "type": "http", "scheme": "bearer",
                        "description": .string(
                            "The token of a session at the upgrade, or in a first session.attach frame; never in the URL."
                        ),
                    ]
                ],
            ],
        ]
        // A document of texts and numbers always encodes.
        return (try? WireJSON.encode(document)) ?? Data()
    }
}

/// What the document is collected from. Operations are named as the server sees them: it receives commands and sends
/// replies and events.
struct AsyncAPIParts {
    var operations: [String: JSONValue] = [:]
    private(set) var messages: [String: JSONValue] = [:]
    private(set) var schemas: [String: JSONValue] = [
        "Problem": Problem.document,
        "RequestID": [
            "type": "string", "minLength": 1, "maxLength": 64,
            "description": "The client's own name for the frame; each gets one reply.",
        ],
        "Position": ["type": "string", "description": "A feed position, EPOCH.SEQ.", "examples": ["k3x.181"]],
    ]

    mutating func add(_ entry: CommandEntry) {
        let name = entry.typeName
        schemas[name + "Input"] = entry.input.document
        var frame: [String: JSONValue] = [
            "id": Self.schema("RequestID"), "cmd": ["const": .string(entry.name)], "input": Self.schema(name + "Input"),
            "trace": ["type": "string", "description": "A traceparent (W3C Trace Context)."],
        ]
        var required: [JSONValue] = ["id", "cmd"]
        if entry.input.properties.contains(where: \.isRequired) { required.append("input") }
        if entry.idempotency != .none {
            frame["key"] = [
                "type": "string", "minLength": 1, "maxLength": 255, "description": "The idempotency key of this one frame.",
            ]
            if entry.idempotency == .required { required.append("key") }
        }
        var example: [String: JSONValue] = ["id": "7", "cmd": .string(entry.name)]
        example["input"] = try? WireJSON.decode(JSONValue.self, from: entry.example)
        if entry.idempotency == .required { example["key"] = "3f1c8a52" }
        addMessage(name, entry.summary, Self.object(frame, required: required), example: .object(example))

        var reply: [String: JSONValue] = [
            "id": Self.schema("RequestID"), "status": ["const": .integer(Int64(entry.status))],
            "at": Self.schema("Position"),
        ]
        if entry.idempotency != .none {
            reply["replayed"] = ["const": true, "description": "This is the first answer under the key again."]
        }
        var replyRequired: [JSONValue] = ["id", "status"]
        if entry.status != 204 {
            schemas[name + "Output"] = entry.output.document
            reply["output"] = Self.schema(name + "Output")
            replyRequired.append("output")
        }
        addMessage(name + "Reply", "The answer to \(entry.name).", Self.object(reply, required: replyRequired))

        var operation: [String: JSONValue] = [
            "action": "receive", "title": .string(entry.name), "summary": .string(entry.summary),
            "description": .string(entry.terms), "channel": Self.channel, "messages": [Self.message(name)],
            "reply": ["channel": Self.channel, "messages": [Self.message(name + "Reply"), Self.message("Refusal")]],
            "tags": [["name": .string(entry.feature)]],
            "x-codes": .array(entry.possibleProblems.map { .string($0.name) }),
        ]
        operation.merge(entry.extensions) { first, _ in first }
        operations[entry.name] = .object(operation)
    }

    mutating func add(_ topic: FeedTopic) {
        let name = topic.typeName
        schemas[name + "Change"] = topic.change.document
        schemas[name + "Snapshot"] = topic.snapshot.document
        let filters = topic.filters.map { ($0, ["type": "string"] as JSONValue) }
        addMessage(
            name + "Subscribe", "Asks for the feed \(topic.name).",
            Self.object(
                [
                    "id": Self.schema("RequestID"), "sub": ["const": .string(topic.name)],
                    "filter": [
                        "type": "object", "properties": .object(Dictionary(uniqueKeysWithValues: filters)),
                        "additionalProperties": false,
                    ],
                    "since": Self.schema("Position"),
                ],
                required: ["id", "sub"]
            ),
            example: ["id": "9", "sub": .string(topic.name), "since": "k3x.174"]
        )
        for (suffix, event) in [("Snapshot", "snapshot"), ("Change", "change")] {
            addMessage(
                name + suffix + "Event", "A \(event) of the feed \(topic.name).",
                Self.event(event, Self.schema(name + suffix), required: ["stream", "event", "at", "data"])
            )
        }
        operations["subscribe.\(topic.name)"] = [
            "action": "receive", "title": .string("Subscribe to \(topic.name)"), "summary": .string(topic.summary),
            "description": .string("Role: \(topic.access.words)."), "channel": Self.channel,
            "messages": [Self.message(name + "Subscribe")],
            "reply": ["channel": Self.channel, "messages": [Self.message("Subscribed"), Self.message("Refusal")]],
            "tags": [["name": "feeds"]],
        ]
        operations["events.\(topic.name)"] = [
            "action": "send", "title": .string("Events of \(topic.name)"), "summary": .string(topic.summary),
            "channel": Self.channel,
            "messages": [
                Self.message(name + "SnapshotEvent"), Self.message(name + "ChangeEvent"), Self.message("GapEvent"),
                Self.message("ByeEvent"),
            ],
            "tags": [["name": "feeds"]],
        ]
    }

    mutating func addMessage(_ name: String, _ summary: String, _ payload: JSONValue, example: JSONValue? = nil) {
        var members: [String: JSONValue] = ["name": .string(name), "summary": .string(summary), "payload": payload]
        if let example { members["examples"] = [["payload": example]] }
        messages[name] = .object(members)
    }

    static let channel: JSONValue = ["$ref": "#/channels/socket"]

    static func message(_ name: String) -> JSONValue { ["$ref": .string("#/channels/socket/messages/\(name)")] }

    static func schema(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    static func object(_ properties: [String: JSONValue], required: [JSONValue]) -> JSONValue {
        ["type": "object", "properties": .object(properties), "required": .array(required)]
    }

    static func event(_ name: String, _ data: JSONValue, required: [JSONValue]) -> JSONValue {
        object(
            [
                "stream": ["type": "integer"], "event": ["const": .string(name)], "at": schema("Position"), "data": data,
            ],
            required: required
        )
    }

    static func sent(_ name: String, _ summary: String) -> JSONValue {
        ["action": "send", "summary": .string(summary), "channel": channel, "messages": [message(name)]]
    }
}

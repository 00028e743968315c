import CommandBus

/// What is neither a command nor a topic: the frames of the connection itself.
extension AsyncAPIParts {
    private static let number: JSONValue = ["type": "integer", "minimum": 0]

    mutating func addConnectionFrames(hasTopics: Bool) {
        addMessage(
            "Refusal", "A refusal: the same problem as in the REST API.",
            Self.object(
                [
                    "id": Self.schema("RequestID"), "status": ["type": "integer", "minimum": 400, "maximum": 599],
                    "problem": Self.schema("Problem"),
                    "retry_after": ["type": "integer", "minimum": 1, "description": "Seconds after which to come back."],
                    "replayed": ["const": true, "description": "This is the first answer under the key again."],
                ],
                required: ["status", "problem"]
            )
        )
        addMessage(
            "Hello", "The first frame of the server: its limits.",
            Self.object(
                [
                    "hello": Self.object(
                        [
                            "v": ["const": 1], "conn": ["type": "string"], "epoch": ["type": "string"],
                            "heartbeat_ms": Self.number, "max_frame": Self.number, "max_subscriptions": Self.number,
                        ],
                        required: ["v", "conn", "epoch", "heartbeat_ms", "max_frame", "max_subscriptions"]
                    )
                ],
                required: ["hello"]
            )
        )
        addMessage(
            "SessionEnds", "The session of the connection is about to end: refresh it, and attach it again.",
            Self.object(
                ["session": Self.object(["expires_in_ms": Self.number], required: ["expires_in_ms"])], required: ["session"]
            )
        )
        addMessage(
            "Bye", "The connection is about to be closed; come back after the time it names.",
            Self.object(
                [
                    "bye": Self.object(
                        ["reason": ["type": "string"], "retry_ms": Self.number], required: ["reason", "retry_ms"]
                    )
                ],
                required: ["bye"]
            )
        )
        operations["hello"] = Self.sent("Hello", "Greets each connection.")
        operations["session.ends"] = Self.sent("SessionEnds", "Warns a minute before the session ends.")
        operations["bye"] = Self.sent("Bye", "Takes leave before a close.")
        addAttachment()
        if hasTopics { addSubscriptionFrames() }
    }

    private mutating func addAttachment() {
        addMessage(
            "SessionAttach", "Attaches a session to the connection, or its refreshed token.",
            Self.object(
                [
                    "id": Self.schema("RequestID"), "cmd": ["const": "session.attach"],
                    "input": Self.object(["token": ["type": "string"]], required: ["token"]),
                ],
                required: ["id", "cmd", "input"]
            )
        )
        addMessage(
            "SessionAttachReply", "The session is attached.",
            Self.object(
                [
                    "id": Self.schema("RequestID"), "status": ["const": 200],
                    "output": Self.object(
                        ["account": ["type": "string"], "role": ["type": "string"], "expiresAt": Timestamp.schema.document],
                        required: ["account", "role", "expiresAt"]
                    ),
                ],
                required: ["id", "status", "output"]
            )
        )
        operations["session.attach"] = Self.received(
            "SessionAttach", "Attaches a session to the connection, or its refreshed token.", reply: "SessionAttachReply",
            tag: "session"
        )
    }

    private mutating func addSubscriptionFrames() {
        addMessage(
            "Subscribed", "The subscription has begun.",
            Self.object(
                [
                    "id": Self.schema("RequestID"), "status": ["const": 200],
                    "output": Self.object(
                        [
                            "stream": Self.number, "mode": ["enum": ["resumed", "snapshot"]],
                            "at": Self.schema("Position"),
                        ],
                        required: ["stream", "mode", "at"]
                    ),
                ],
                required: ["id", "status", "output"]
            )
        )
        addMessage(
            "Unsubscribe", "Ends a subscription.",
            Self.object(["id": Self.schema("RequestID"), "unsub": Self.number], required: ["id", "unsub"]),
            example: ["id": "10", "unsub": 1]
        )
        addMessage(
            "Unsubscribed", "The subscription has ended.",
            Self.object(
                [
                    "id": Self.schema("RequestID"), "status": ["const": 200],
                    "output": Self.object(["stream": Self.number], required: ["stream"]),
                ],
                required: ["id", "status", "output"]
            )
        )
        let reason: JSONValue = Self.object(["reason": ["type": "string"]], required: ["reason"])
        addMessage(
            "GapEvent", "The cursor could not be honoured, or something may have been missed; a snapshot follows.",
            Self.event("gap", reason, required: ["stream", "event", "at", "data"])
        )
        addMessage(
            "ByeEvent", "The subscription ends.", Self.event("bye", reason, required: ["stream", "event", "at", "data"])
        )
        operations["unsubscribe"] = Self.received(
            "Unsubscribe", "Ends a subscription.", reply: "Unsubscribed", tag: "feeds"
        )
    }

    private static func received(_ name: String, _ summary: String, reply: String, tag: String) -> JSONValue {
        [
            "action": "receive", "summary": .string(summary), "channel": channel, "messages": [message(name)],
            "reply": ["channel": channel, "messages": [message(reply), message("Refusal")]],
            "tags": [["name": .string(tag)]],
        ]
    }
}

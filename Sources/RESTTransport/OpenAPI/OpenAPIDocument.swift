import CommandBus
import Foundation

/// The description of the REST API (OpenAPI 3.1), made from the command table itself.
enum OpenAPIDocument {
    static func make(table: CommandTable, topics: [FeedTopic], version: String) -> Data {
        var paths: [String: [String: JSONValue]] = [:]
        var schemas: [String: JSONValue] = ["Problem": Problem.document]
        for entry in table.entries {
            let operation = OpenAPIOperation(entry)
            paths[entry.route.path, default: [:]][entry.route.method.rawValue.lowercased()] = operation.document
            schemas.merge(operation.schemas) { first, _ in first }
        }
        if !topics.isEmpty {
            paths["/v1/feeds/{topic}"] = ["get": OpenAPIFeed.operation(topics)]
            schemas.merge(OpenAPIFeed.schemas(topics)) { first, _ in first }
        }
        let document: JSONValue = [
            "openapi": "3.1.0",
            "info": [
                "title": "Farebus",
                "version": .string(version),
                "description": .string(
                    "Every command here is also one of the socket's (GET /v1/socket), with the same input, output and "
                        + "problems: see /v1/asyncapi.json."
                ),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "tags": .array(tags(table, hasFeeds: !topics.isEmpty)),
            "paths": .object(paths.mapValues { .object($0) }),
            "components": [
                "schemas": .object(schemas),
                "securitySchemes": [
                    "session": [
                        "type": "http", "scheme": "bearer",
                        "description": "The token of a session, as sign-in returns it.",
                    ],
                    "ticket": [
                        "type": "apiKey", "in": "query", "name": "ticket",
                        "description": "A one-use feed ticket, for readers that can't send a header.",
                    ],
                ],
                "headers": .object(OpenAPIOperation.headers),
            ],
        ]
        // A document of texts and numbers always encodes.
        return (try? WireJSON.encode(document)) ?? Data()
    }

    private static func tags(_ table: CommandTable, hasFeeds: Bool) -> [JSONValue] {
        var names = Set(table.entries.map(\.feature))
        if hasFeeds { names.insert("feeds") }
        return names.sorted().map { ["name": .string($0)] }
    }
}

import CommandBus
import Foundation
import RESTTransport
import Support
import Testing

@Suite struct DocumentTests {
    @Test func theDescriptionHasEveryCommandAndTopic() async throws {
        try await TestServer.run { server in
            let reply = try await server.send("GET", "/v1/openapi.json")
            #expect(reply.status == 200)
            #expect(reply["content-type"] == "application/json")
            if let path = ProcessInfo.processInfo.environment["FAREBUS_TEST_OPENAPI"] {
                try reply.body.write(to: URL(filePath: path))
            }
            let document = try reply.decode(JSONValue.self)
            #expect(document["openapi"] == "3.1.0")
            let paths = try #require(document["paths"])
            let show = try #require(paths["/v1/things/{id}"]?["get"])
            #expect(show["operationId"] == "things.show")
            #expect(show["x-access"] == "signed_in")
            #expect(show["security"] == [["session": []]])
            #expect(paths["/v1/things/{id}"]?["delete"]?["x-access"] == ["developer"])
            #expect(paths["/v1/things/count"]?["get"]?["security"] == [[:], ["session": []]])
            #expect(paths["/v1/gated"]?["post"]?["x-windows"] == ["ticketing"])
            let create = try #require(paths["/v1/shelves/{shelf}/things"]?["post"])
            #expect(create["responses"]?["409"]?["x-codes"] == ["shelf_full"])
            let input = document["components"]?["schemas"]?["ThingsCreateInput"]
            #expect(input?["required"] == ["name", "count"])
            #expect(input?["properties"]?["shelf"] == nil)
            let pay = try #require(paths["/v1/payments"]?["post"])
            guard case .array(let parameters)? = pay["parameters"] else {
                Issue.record("a payment has no parameters")
                return
            }
            #expect(parameters.first { $0["name"] == "Idempotency-Key" }?["required"] == true)
            #expect(paths["/v1/feeds/{topic}"]?["get"] != nil)
            #expect(paths["/v1/feeds/tickets"]?["post"]?["operationId"] == "feeds.ticket")
        }
    }

    @Test func otherDocumentsAreServedAsTheyAre() async throws {
        var configuration = RESTConfiguration()
        configuration.documents = [RESTDocument(path: "/v1/asyncapi.json", content: Data(#"{"a":1}"#.utf8))]
        try await TestServer.run(configuration) { server in
            let reply = try await server.send("GET", "/v1/asyncapi.json")
            #expect(reply.status == 200)
            #expect(reply.text == #"{"a":1}"#)
            #expect(try await server.send("DELETE", "/v1/asyncapi.json")["allow"] == "GET, HEAD, OPTIONS")
        }
    }
}

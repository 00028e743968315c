import CommandBus
import Foundation
import RESTTransport
import Support
import Testing

@Suite struct RoutingTests {
    @Test func aPathFindsItsCommandAndLiteralsWinOverPlaceholders() async throws {
        try await TestServer.run { server in
            let shown = try await server.send("GET", "/v1/things/bus_7", token: "rider")
            #expect(shown.status == 200)
            #expect(shown.text == #"{"id":"bus_7"}"#)
            #expect(shown["content-type"] == "application/json")
            #expect(shown["cache-control"] == "no-store")
            let counted = try await server.send("GET", "/v1/things/count")
            #expect(counted.text == #"{"count":3}"#)
        }
    }

    @Test func everyAnswerTellsABrowserToDoNothingWithIt() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            let stream = try await client.stream("/v1/feeds/shelves", headers: [("Authorization", "Bearer rider")])
            let answers = [
                try await server.send("GET", "/v1/things/bus_7", token: "rider"),
                try await server.send("GET", "/v1/things/bus_7"), try await server.send("GET", "/nowhere"),
                try await server.send("OPTIONS", "/v1/things/bus_7"), try await server.send("GET", "/v1/openapi.json"),
            ]
            #expect(answers.map(\.status) == [200, 401, 404, 204, 200])
            for header in answers.map({ answer in { answer[$0] } }) + [{ stream.head[$0] }] {
                #expect(header("x-content-type-options") == "nosniff")
                #expect(header("referrer-policy") == "no-referrer")
                let policy = header("content-security-policy") ?? ""
                #expect(policy.hasPrefix("default-src 'none'"))
                #expect(policy.contains("frame-ancestors 'none'"))
            }
        }
    }

    @Test func aPathIsDecodedSegmentBySegment() async throws {
        try await TestServer.run { server in
            #expect(try await server.send("GET", "/v1/th%69ngs/b%75s", token: "rider").text == #"{"id":"bus"}"#)
            // An encoded slash is part of a value, which then breaks its own rule.
            #expect(try await server.send("GET", "/v1/things/a%2Fb", token: "rider").status == 422)
            for target in ["/v1/things/%", "/v1/things/%zz", "/v1/things/%ff", "/v1/things/x?limit=%f"] {
                let reply = try await server.send("GET", target, token: "rider")
                #expect(reply.status == 400, "\(target)")
                #expect(try reply.decode(ProblemBody.self).code == "malformed_request")
            }
        }
    }

    @Test func anAbsoluteTargetIsTakenToo() async throws {
        try await TestServer.run { server in
            let reply = try await server.send("GET", "http://127.0.0.1/v1/things/count?")
            #expect(reply.status == 200)
        }
    }

    @Test(arguments: [
        "/", "/v1", "/v1/things", "/v1/things/", "/v1/things/x/", "/v1/things/x/y", "//v1/things/count", "/v2",
    ])
    func whatIsNotThereIs404(path: String) async throws {
        try await TestServer.run { server in
            let reply = try await server.send("GET", path, token: "rider")
            #expect(reply.status == 404)
            #expect(reply["content-type"] == "application/problem+json")
            let problem = try reply.decode(ProblemBody.self)
            #expect(problem.code == "not_found")
            #expect(problem.trace == reply["trace-id"])
        }
    }

    @Test func anotherMethodIs405WithAllow() async throws {
        try await TestServer.run { server in
            let reply = try await server.send("PATCH", "/v1/things/bus_7", token: "rider", json: "{}")
            #expect(reply.status == 405)
            #expect(reply["allow"] == "DELETE, GET, HEAD, OPTIONS")
            #expect(try reply.decode(ProblemBody.self).code == "method_not_allowed")
            #expect(try await server.send("POST", "/v1/feeds/shelves", json: "{}")["allow"] == "GET, OPTIONS")
            #expect(try await server.send("HEAD", "/v1/payments")["allow"] == "OPTIONS, POST")
        }
    }

    @Test func optionsNamesTheMethods() async throws {
        try await TestServer.run { server in
            let reply = try await server.send("OPTIONS", "/v1/things/bus_7")
            #expect(reply.status == 204)
            #expect(reply["allow"] == "DELETE, GET, HEAD, OPTIONS")
            #expect(reply["content-length"] == nil)
            #expect(try await server.send("OPTIONS", "*").status == 204)
        }
    }

    @Test func headIsGetWithoutItsBody() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            let headers = [("Authorization", "Bearer rider")]
            let get = try await client.request("GET", "/v1/things/bus_7", headers: headers)
            let head = try await client.request("HEAD", "/v1/things/bus_7", headers: headers)
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head["content-length"] == get["content-length"])
            // The connection is still in step.
            #expect(try await client.request("GET", "/v1/things/bus_7", headers: headers).body == get.body)
        }
    }

    @Test func pipelinedRequestsAreAnsweredInTheirOrder() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            for index in 0..<20 {
                try await client.send(
                    "GET", "/v1/things/bus_\(index)", headers: [("Authorization", "Bearer rider")]
                )
            }
            for index in 0..<20 {
                #expect(try await client.receive().text == #"{"id":"bus_\#(index)"}"#)
            }
        }
    }

    @Test func aPlainRequestForTheSocketIsToldToUpgrade() async throws {
        try await TestServer.run { server in
            let reply = try await server.send("GET", "/v1/socket")
            #expect(reply.status == 426)
            #expect(reply["upgrade"] == "websocket")
            #expect(reply["connection"] == "upgrade, close")
            #expect(try reply.decode(ProblemBody.self).code == "upgrade_required")
        }
    }

    @Test func anUpgradeThatNobodyOffersIsPassedOver() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            try await client.send(
                "GET /v1/things/count HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                    + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
            )
            #expect(try await client.receive().status == 200)
        }
    }

    @Test func originsAreAllowedOnlyWhereConfigured() async throws {
        try await TestServer.run { server in
            let reply = try await server.send("GET", "/v1/things/count", headers: [("Origin", "https://app.test")])
            #expect(reply["access-control-allow-origin"] == nil)
        }
        var configuration = RESTConfiguration()
        configuration.allowedOrigins = ["https://app.test"]
        try await TestServer.run(configuration) { server in
            let origin = ("Origin", "https://app.test")
            let reply = try await server.send("GET", "/v1/things/count", headers: [origin])
            #expect(reply["access-control-allow-origin"] == "https://app.test")
            #expect(reply["vary"] == "Origin")
            let preflight = try await server.send(
                "OPTIONS", "/v1/payments", headers: [origin, ("Access-Control-Request-Method", "POST")]
            )
            #expect(preflight.status == 204)
            #expect(preflight["access-control-allow-methods"] == "OPTIONS, POST")
            #expect(preflight["access-control-allow-headers"]?.contains("Idempotency-Key") == true)
            let other = try await server.send("GET", "/v1/things/count", headers: [("Origin", "https://other.test")])
            #expect(other["access-control-allow-origin"] == nil)
            #expect(other["vary"] == "Origin")
        }
    }
}

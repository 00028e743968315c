import CommandBus
import Foundation
import RESTTransport
import Support
import Testing

@Suite struct ReplyTests {
    private static let payment = #"{"amount":5}"#

    @Test func whoIsNotSignedInIsToldHow() async throws {
        try await TestServer.run { server in
            for authorization in [
                nil, "Bearer nobody", "Basic cmlkZXI6eA==", "Bearer", "Bearer ", "Bearer a b", "rider", "Bearer rider, x",
            ] {
                let reply = try await server.send(
                    "GET", "/v1/things/bus_1", headers: authorization.map { [("Authorization", $0)] } ?? []
                )
                #expect(reply.status == 401, "\(authorization ?? "none")")
                #expect(reply["www-authenticate"] == "Bearer")
                #expect(try reply.decode(ProblemBody.self).code == "not_signed_in")
            }
            // A token that is sent must be good even where none is needed.
            #expect(try await server.send("GET", "/v1/things/count", headers: [("Authorization", "Basic x")]).status == 401)
            #expect(
                try await server.send("GET", "/v1/things/bus_1", headers: [("Authorization", "bearer  rider")]).status == 200
            )
        }
    }

    @Test func aReplacedSessionHasItsOwnCode() async throws {
        try await TestServer.run { server in
            try await server.replaceSession(of: "rider")
            let reply = try await server.send("GET", "/v1/things/bus_1", token: "rider")
            #expect(reply.status == 401)
            #expect(try reply.decode(ProblemBody.self).code == "session_replaced")
        }
    }

    @Test func refusalsAreTheBytesOfTheBus() async throws {
        try await TestServer.run { server in
            let trace = "0af7651916cd43dd8448eb211c80319c"
            let reply = try await server.send(
                "DELETE", "/v1/things/bus_1", token: "rider",
                headers: [("traceparent", "00-\(trace)-b7ad6b7169203331-01")]
            )
            #expect(reply.status == 403)
            let problem = Problem(.notAllowed, "The role 'rider' may not use things.remove.")
            #expect(reply.body == problem.body(trace: trace))
            #expect(reply["trace-id"] == trace)
        }
    }

    @Test func atLastARefusalOfARule() async throws {
        try await TestServer.run { server in
            let reply = try await server.send(
                "POST", "/v1/shelves/bus_1/things", token: "rider", json: #"{"name":"piano","count":1}"#
            )
            #expect(reply.status == 409)
            #expect(try reply.decode(ProblemBody.self).code == "shelf_full")
        }
    }

    @Test func nothingIsSentWith204() async throws {
        try await TestServer.run { server in
            let reply = try await server.send("DELETE", "/v1/things/bus_1", token: "developer")
            #expect(reply.status == 204)
            #expect(reply["content-type"] == nil)
            #expect(reply["content-length"] == nil)
        }
    }

    @Test func whoMustWaitIsToldHowLong() async throws {
        try await TestServer.run { server in
            let gated = try await server.send("POST", "/v1/gated", token: "rider")
            #expect(gated.status == 409)
            #expect(gated["retry-after"] == "90")
            server.limiter.refuse(for: 7)
            let limited = try await server.send("GET", "/v1/things/bus_1", token: "rider")
            #expect(limited.status == 429)
            #expect(limited["retry-after"] == "7")
            #expect(try await server.send("GET", "/v1/things/count").status == 200)
        }
    }

    @Test func aShutServerSaysSoFirst() async throws {
        try await TestServer.run { server in
            server.maintenance.set(MaintenanceState(on: true, reason: "The depot is on fire.", since: server.clock.now()))
            for target in ["/v1/things/bus_1", "/v1/things/bus_1?limit=1&limit=2"] {
                let reply = try await server.send("GET", target)
                #expect(reply.status == 503)
                #expect(reply["retry-after"] == "60")
                #expect(try reply.decode(ProblemBody.self).detail == "The depot is on fire.")
            }
            #expect(try await server.send("GET", "/v1/things/count").status == 200)
        }
    }

    @Test func aFaultHasATraceAndNoText() async throws {
        try await TestServer.run { server in
            let reply = try await server.send("POST", "/v1/broken")
            #expect(reply.status == 500)
            #expect(!reply.text.contains("Secret"))
            let problem = try reply.decode(ProblemBody.self)
            #expect(problem.code == "internal_error")
            #expect(problem.retry == "same_key")
            #expect(problem.trace.utf8.count == 32)
        }
    }

    @Test func aTraceIsTakenOverOnlyIfItIsOne() async throws {
        try await TestServer.run { server in
            for traceparent in ["", "00-00000000000000000000000000000000-b7ad6b7169203331-01", "00-xyz-1-01", "nonsense"] {
                let reply = try await server.send("GET", "/v1/things/count", headers: [("traceparent", traceparent)])
                let trace = try #require(reply["trace-id"])
                #expect(trace.utf8.count == 32)
                #expect(!traceparent.contains(trace))
            }
        }
    }

    @Test func aKeyMayBeBareOrQuoted() async throws {
        try await TestServer.run { server in
            func pay(_ key: String?, _ body: String = Self.payment) async throws -> HTTPTestResponse {
                try await server.send(
                    "POST", "/v1/payments", token: "rider", headers: key.map { [("Idempotency-Key", $0)] } ?? [], json: body
                )
            }
            let missing = try await pay(nil)
            #expect(missing.status == 400)
            #expect(try missing.decode(ProblemBody.self).code == "idempotency_key_required")

            let first = try await pay("k-1")
            #expect(first.status == 201)
            #expect(first["idempotency-replayed"] == nil)
            let again = try await pay(#""k-1""#)
            #expect(again.status == 201)
            #expect(again["idempotency-replayed"] == "true")
            #expect(again.body == first.body)
            let other = try await pay("k-1", #"{"amount":6}"#)
            #expect(other.status == 422)
            #expect(try other.decode(ProblemBody.self).code == "idempotency_key_reused")

            #expect(try await pay(#""a\"b""#).status == 201)
            #expect(try await pay(#"a"b"#)["idempotency-replayed"] == "true")
            for bad in ["a b", #""""#, String(repeating: "k", count: 256)] {
                #expect(try await pay(bad).status == 400, "\(bad)")
            }
        }
    }

    @Test func twoKeysAreNone() async throws {
        try await TestServer.run { server in
            let reply = try await server.send(
                "POST", "/v1/payments", token: "rider", headers: [("Idempotency-Key", "a"), ("Idempotency-Key", "b")],
                json: Self.payment
            )
            #expect(reply.status == 400)
        }
    }

    @Test func anAddressBehindATrustedProxyIsTheClients() async throws {
        var configuration = RESTConfiguration()
        configuration.addresses = ClientAddresses(
            trustedProxies: ["127.0.0.1", "10.0.0.0/8"].compactMap { AddressRange($0) }
        )
        try await TestServer.run(configuration) { server in
            let reply = try await server.send(
                "POST", "/v1/shelves/bus_1/things", token: "rider",
                headers: [("X-Forwarded-For", "1.1.1.1, 203.0.113.9, 10.2.3.4")], json: #"{"name":"lamp","count":1}"#
            )
            #expect(reply.text.contains(#""address":"203.0.113.9""#))
        }
        try await TestServer.run { server in
            let reply = try await server.send(
                "POST", "/v1/shelves/bus_1/things", token: "rider", headers: [("X-Forwarded-For", "203.0.113.9")],
                json: #"{"name":"lamp","count":1}"#
            )
            #expect(reply.text.contains(#""address":"127.0.0.1""#))
        }
    }

    @Test func aHeadThatIsTooLargeIsRefused() async throws {
        try await TestServer.run { server in
            let reply = try await server.send(
                "GET", "/v1/things/count", headers: [("X-Filler", String(repeating: "x", count: 40_000))]
            )
            #expect(reply.status == 400)
            let many = (0..<120).map { ("X-\($0)", "x") }
            #expect(try await server.send("GET", "/v1/things/count", headers: many).status == 400)
        }
    }

    @Test func aBodyOfTwoLengthsIsRefused() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            // What a proxy takes for one request, and the server for two, is how requests are smuggled (RFC 9112, 6.3).
            try await client.send(
                """
                POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\
                Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/things/count HTTP/1.1\r\nHost: x\r\n\r\n
                """
            )
            let text = String(decoding: try await client.receiveAll(), as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 400"))
            #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2, "one answer, and the end: \(text)")
        }
    }
}

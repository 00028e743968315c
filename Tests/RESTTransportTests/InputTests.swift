import CommandBus
import Foundation
import RESTTransport
import Support
import Testing

@Suite struct InputTests {
    private static let shelf = "/v1/shelves/bus_1/things"

    @Test func pathAndQueryAreOneInput() async throws {
        try await TestServer.run { server in
            let reply = try await server.send(
                "GET", "/v1/things/bus_7?limit=5&ratio=0.5&flag=true&tags=a+b&tags=c%2B&sizes=1&sizes=20", token: "rider"
            )
            #expect(
                reply.text
                    == #"{"flag":true,"id":"bus_7","limit":5,"ratio":0.5,"sizes":[1,20],"tags":["a b","c+"]}"#
            )
        }
    }

    @Test func pathAndBodyAreOneInput() async throws {
        try await TestServer.run { server in
            let reply = try await server.send("POST", Self.shelf, token: "rider", json: #"{"name":"lamp","count":2}"#)
            #expect(reply.status == 201)
            #expect(reply.text == #"{"address":"127.0.0.1","count":2,"name":"lamp","shelf":"bus_1"}"#)
            #expect(reply["feed-position"] == "t1.1")
            let byQuery = try await server.send("POST", Self.shelf + "?count=3", token: "rider", json: #"{"name":"lamp"}"#)
            #expect(byQuery.status == 201)
            let withoutBody = try await server.send("POST", Self.shelf + "?count=3&name=lamp", token: "rider")
            #expect(withoutBody.status == 201)
        }
    }

    @Test func everyViolationIsNamedAtOnce() async throws {
        try await TestServer.run { server in
            let reply = try await server.send(
                "POST", "/v1/shelves/b%20d/things?color=red", token: "rider",
                json: #"{"name":"a name that is too long","count":"two","shelf":"bus_2"}"#
            )
            #expect(reply.status == 422)
            let problem = try reply.decode(ProblemBody.self)
            #expect(problem.code == "invalid_input")
            #expect(problem.errors?.map(\.pointer).sorted() == ["/color", "/count", "/name", "/shelf"])
            #expect(problem.errors?.first { $0.pointer == "/shelf" }?.detail.contains("twice") == true)
        }
    }

    @Test func aParameterThatIsRepeatedIsNamed() async throws {
        try await TestServer.run { server in
            let reply = try await server.send("GET", "/v1/things/bus_1?limit=1&limit=2&flag=maybe", token: "rider")
            #expect(reply.status == 422)
            #expect(try reply.decode(ProblemBody.self).errors?.map(\.pointer) == ["/limit", "/flag"])
        }
    }

    @Test func whoIsAskingComesBeforeTheRulesOfTheInput() async throws {
        try await TestServer.run { server in
            let anonymous = try await server.send("GET", "/v1/things/bus_1?limit=1&limit=2")
            #expect(anonymous.status == 401)
            let body = #"{"name":"x","shelf":"bus_2"}"#
            #expect(try await server.send("POST", Self.shelf, token: "developer", json: body).status == 403)
            server.limiter.refuse(for: 3)
            #expect(try await server.send("POST", Self.shelf, token: "rider", json: body).status == 429)
        }
    }

    @Test(arguments: ["{", "nonsense", #"{"name":}"#, #"{"name":"lamp",}"#, #"{"name":"lamp" "count":1}"#])
    func whatIsNoJSONIs400(body: String) async throws {
        try await TestServer.run { server in
            let reply = try await server.send("POST", Self.shelf, token: "rider", json: body)
            #expect(reply.status == 400)
            #expect(try reply.decode(ProblemBody.self).code == "malformed_json")
        }
    }

    @Test func anotherEncodingCanNotHideThePath() async throws {
        try await TestServer.run { server in
            let body = try #require(#"{"shelf":"bus_2","name":"lamp","count":1}"#.data(using: .utf16))
            let reply = try await HTTPTestClient.once(
                port: server.port, "POST", Self.shelf,
                headers: [("Authorization", "Bearer rider"), ("Content-Type", "application/json")], body: body
            )
            #expect(reply.status == 400)
        }
    }

    @Test(arguments: [
        "text/plain", "application/xml", "application/jsonp", "application/json; charset=latin1", "application/problem+json",
    ])
    func anotherTypeIs415(type: String) async throws {
        try await TestServer.run { server in
            let reply = try await server.send(
                "POST", Self.shelf, token: "rider", headers: [("Content-Type", type)]
            )
            // Without a body the type does not matter.
            #expect(reply.status == 422)
            let client = try await server.connect()
            defer { client.close() }
            let headers = [("Authorization", "Bearer rider"), ("Content-Type", type)]
            let refused = try await client.request("POST", Self.shelf, headers: headers, body: Data("{}".utf8))
            #expect(refused.status == 415)
            #expect(try refused.decode(ProblemBody.self).code == "unsupported_media_type")
            // The connection goes on.
            #expect(try await client.request("GET", "/v1/things/count").status == 200)
        }
    }

    @Test(arguments: [
        "application/json", "application/json;charset=utf-8", "Application/JSON; Charset=UTF-8",
        "application/json; charset=\"utf-8\"",
    ])
    func theTypeIsReadAsItIsWritten(type: String) async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            let reply = try await client.request(
                "POST", Self.shelf, headers: [("Authorization", "Bearer rider"), ("Content-Type", type)],
                body: Data(#"{"name":"lamp","count":1}"#.utf8)
            )
            #expect(reply.status == 201)
        }
    }

    @Test func aBodyWithoutATypeIs415() async throws {
        try await TestServer.run { server in
            let reply = try await HTTPTestClient.once(
                port: server.port, "POST", Self.shelf, headers: [("Authorization", "Bearer rider")], body: Data("{}".utf8)
            )
            #expect(reply.status == 415)
        }
    }

    @Test func aBodyMayBeChunked() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            try await client.send(
                "POST \(Self.shelf) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer rider\r\n"
                    + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "8\r\n{\"name\":\r\n11\r\n\"lamp\",\"count\":1}\r\n0\r\n\r\n"
            )
            #expect(try await client.receive().status == 201)
            try await client.send(
                "POST \(Self.shelf)?name=lamp&count=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer rider\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            )
            #expect(try await client.receive().status == 201)
        }
    }

    @Test func aBodyOfTheLargestSizeIsTaken() async throws {
        try await TestServer.run { server in
            let frame = #"{"name":"lamp","count":1,"note":""}"#.utf8.count
            let note = String(repeating: "x", count: 65_536 - frame)
            let reply = try await server.send(
                "POST", Self.shelf, token: "rider", json: #"{"name":"lamp","count":1,"note":"\#(note)"}"#
            )
            #expect(reply.status == 201)
        }
    }

    @Test func aLargerBodyIs413AndIsReadToItsEnd() async throws {
        try await TestServer.run { server in
            let reply = try await server.send(
                "POST", Self.shelf, token: "rider", json: String(repeating: " ", count: 900_000)
            )
            #expect(reply.status == 413)
            #expect(reply["connection"] == "close")
            #expect(try reply.decode(ProblemBody.self).code == "too_large")
        }
    }

    @Test func aLargerBodyIs413WithoutItsLengthToo() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            try await client.send(
                "POST \(Self.shelf) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer rider\r\n"
                    + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            let piece = String(repeating: " ", count: 32_768)
            for _ in 0..<4 { try await client.send("8000\r\n\(piece)\r\n") }
            let reply = try await client.receive()
            #expect(reply.status == 413)
            // What follows is not taken for a request.
            try await client.send("0\r\n\r\nGET /v1/things/count HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.receiveAll().isEmpty)
        }
    }

    @Test func aRefusalDoesNotWaitForALargeBody() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            try await client.send("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\nabc")
            let reply = try await client.receive()
            #expect(reply.status == 404)
            #expect(reply["connection"] == "close")
            #expect(try await client.receiveAll().isEmpty)
        }
    }

    @Test func aClientThatAsksBeforeItSendsIsToldToGoOn() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            let body = #"{"name":"lamp","count":1}"#
            let head =
                "POST \(Self.shelf) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer rider\r\nExpect: 100-continue\r\n"
                + "Content-Type: application/json\r\n"
            try await client.send(head + "Content-Length: \(body.utf8.count)\r\n\r\n")
            let interim = String(decoding: try await client.receive(atLeast: 12), as: UTF8.self)
            #expect(interim.hasPrefix("HTTP/1.1 100 "))
            try await client.send(body)
            #expect(try await client.receive().status == 201)
            // One that would send too much is told at once.
            try await client.send(head + "Content-Length: 70000\r\n\r\n")
            let refused = try await client.receive()
            #expect(refused.status == 413)
            #expect(refused.interim.isEmpty)
        }
    }

    @Test func aBodyThatIsCutOffIsNoInput() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            defer { client.close() }
            try await client.send(
                "POST \(Self.shelf) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer rider\r\n"
                    + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
            )
            let reply = try await client.receive()
            #expect(reply.status == 400)
        }
    }
}

import Foundation
import Support
import Testing

@testable import WSTransport

@Suite struct HandshakeTests {
    private static let key = ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
    private static let upgrade: [(String, String)] = [
        ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"), key,
    ]

    @Test func theHandshakeIsAnswered() async throws {
        try await TestServer.run { server in
            let client = try await SocketClient.connect(port: server.port)
            #expect(client.head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
            #expect(client.head.lowercased().contains("sec-websocket-protocol: farebus.v1.json"))
            let hello = try await client.text()
            #expect(hello.hasPrefix(#"{"hello":{"v":1,"conn":"c_"#))
            #expect(
                hello.hasSuffix(
                    #""epoch":"t1","heartbeat_ms":25000,"max_frame":16384,"max_subscriptions":100}}"#
                )
            )
        }
    }

    @Test func aClientWithoutSubprotocolIsServed() async throws {
        try await TestServer.run { server in
            let client = try await SocketClient.connect(port: server.port, path: "/v1/socket?x=1", subprotocol: nil)
            #expect(!client.head.lowercased().contains("sec-websocket-protocol"))
            _ = try await client.text(containing: "hello")
            let several = try await SocketClient.connect(port: server.port, subprotocol: "other, farebus.v1.json")
            #expect(several.head.lowercased().contains("sec-websocket-protocol: farebus.v1.json"))
        }
    }

    /// Everything that is no valid upgrade is an ordinary request, and the router answers it.
    @Test func whatIsNoUpgradeReachesTheRouter() async throws {
        let without: (String) -> [(String, String)] = { name in Self.upgrade.filter { $0.0 != name } }
        let cases: [(String, String, [(String, String)], Data?)] = [
            ("GET", "/v1/other", Self.upgrade, nil),
            ("POST", "/v1/socket", Self.upgrade, nil),
            ("GET", "/v1/socket", without("Connection"), nil),
            ("GET", "/v1/socket", without("Upgrade"), nil),
            ("GET", "/v1/socket", without("Sec-WebSocket-Key"), nil),
            ("GET", "/v1/socket", without("Sec-WebSocket-Key") + [("Sec-WebSocket-Key", "c2hvcnQ=")], nil),
            ("GET", "/v1/socket", without("Sec-WebSocket-Version") + [("Sec-WebSocket-Version", "8")], nil),
            ("GET", "/v1/socket", Self.upgrade + [Self.key], nil),
            ("GET", "/v1/socket", Self.upgrade + [("Sec-WebSocket-Protocol", "chat")], nil),
            ("GET", "/v1/socket", Self.upgrade, Data("five!".utf8)),
        ]
        try await TestServer.run { server in
            for (method, path, headers, body) in cases {
                let answer = try await HTTPTestClient.once(
                    port: server.port, method, path, headers: headers, body: body
                )
                #expect(answer.status == 200)
                #expect(answer.text == "\(method) \(path) body=\(body?.count ?? 0) upgrade=none")
            }
        }
    }

    /// curl and Java ask for HTTP/2 in this way, and must not wait for ever.
    @Test(arguments: [("GET", nil), ("POST", 11), ("POST", 70_000)] as [(String, Int?)])
    func anUpgradeToHTTP2IsNotMade(method: String, count: Int?) async throws {
        try await TestServer.run { server in
            let client = try await HTTPTestClient.connect(port: server.port)
            let answer = try await client.request(
                method, "/v1/things",
                headers: [
                    ("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"), ("HTTP2-Settings", "AAMAAABkAAQ"),
                ],
                body: count.map { Data(repeating: 65, count: $0) }
            )
            #expect(answer.text == "\(method) /v1/things body=\(count ?? 0) upgrade=none")
            // The parser does not go on after such a request, and so the client is told.
            #expect(answer["connection"] == "close")
            _ = try await client.receiveAll()
        }
    }

    @Test func aConnectionGoesOnAfterOrdinaryRequests() async throws {
        try await TestServer.run { server in
            let client = try await HTTPTestClient.connect(port: server.port)
            for _ in 0..<3 {
                let answer = try await client.request("POST", "/v1/a", body: Data("abc".utf8))
                #expect(answer.text == "POST /v1/a body=3 upgrade=none")
                #expect(answer["connection"] == nil)
            }
            // Only the first request of a connection is upgraded.
            let late = try await client.request("GET", "/v1/socket", headers: Self.upgrade)
            #expect(late.text == "GET /v1/socket body=0 upgrade=none")
            #expect(late["connection"] == "close")
        }
    }

    @Test func pipelinedRequestsAreAnsweredBeforeTheEnd() async throws {
        try await TestServer.run { server in
            let client = try await HTTPTestClient.connect(port: server.port)
            try await client.send(
                "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
            )
            let (first, second) = (try await client.receive(), try await client.receive())
            #expect(first.text.hasPrefix("GET /a"))
            #expect(first["connection"] == nil)
            #expect(second.text.hasPrefix("GET /b"))
            #expect(second["connection"] == "close")
        }
    }

    @Test func whoSaysNothingIsClosed() async throws {
        try await TestServer.run {
            $0.firstRequestLimit = .milliseconds(100)
        } _: { server in
            let silent = try await HTTPTestClient.connect(port: server.port)
            #expect(try await silent.receiveAll().isEmpty)
            let slow = try await HTTPTestClient.connect(port: server.port)
            try await slow.send("GET / HTTP/1.1\r\nHost: ")
            #expect(try await slow.receiveAll().isEmpty)
        }
    }

    @Test func whatIsNoHTTPIsRefused() async throws {
        try await TestServer.run { server in
            let client = try await HTTPTestClient.connect(port: server.port)
            try await client.send("\u{16}\u{3}\u{1} this is not HTTP\r\n\r\n")
            let answer = String(decoding: try await client.receiveAll(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            let many = try await HTTPTestClient.connect(port: server.port)
            try await many.send("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 40_000) + "\r\n\r\n")
            #expect(try await many.receive().status == 400)
        }
    }

    @Test func aConnectionWithoutARequestDoesNotHoldUpTheStop() async throws {
        try await TestServer.run { server in
            let idle = try await HTTPTestClient.connect(port: server.port)
            let socket = try await server.connect()
            await server.stop()
            #expect(try await idle.receiveAll().isEmpty)
            #expect(try await socket.closeCode() == 1012)
        }
    }

    @Test func framesRightBehindTheUpgradeAreRead() async throws {
        try await TestServer.run { server in
            let client = try await HTTPTestClient.connect(port: server.port)
            var text = "GET /v1/socket HTTP/1.1\r\nHost: x\r\n"
            for (name, value) in Self.upgrade { text += "\(name): \(value)\r\n" }
            let ping: [UInt8] = [0x89, 0x82, 0, 0, 0, 0, 0x68, 0x69]
            try await client.send(Data((text + "\r\n").utf8) + Data(ping))
            let pong = Data([0x8A, 2, 0x68, 0x69])
            var answer = Data()
            while answer.range(of: pong) == nil { answer += try await client.receive(atLeast: 1) }
        }
    }

    @Test(
        arguments: [
            (nil, true), ("http://127.0.0.1:PORT", true), ("https://app.example", true), ("HTTPS://App.Example", true),
            ("https://evil.example", false), ("http://127.0.0.1", false), ("null", false),
        ] as [(String?, Bool)])
    func originsAreChecked(origin: String?, isAllowed: Bool) async throws {
        try await TestServer.run {
            $0.allowedOrigins = ["https://app.example"]
        } _: { server in
            let value = origin?.replacing("PORT", with: String(server.port))
            let client = try await SocketClient.connect(
                port: server.port, headers: value.map { [("Origin", $0)] } ?? []
            )
            if isAllowed {
                _ = try await client.text(containing: "hello")
            } else {
                #expect(try await client.closeCode() == 4403)
                try await client.ended()
            }
        }
    }
}

import Storage
import Support
import Testing

@Suite("The greeting of a Redis server")
struct RedisGreetingTests {
    private static let guarded = RedisServer.Options(
        password: "main-sesame", users: [(name: "fare", password: "fare-sesame", rules: "~own:* &* +@all -flushall")]
    )

    @Test("A user of the access list is let in, with that user's rights only")
    func user() async throws {
        try await RedisServer.with(Self.guarded) { server in
            let url = server.url(user: "fare", password: "fare-sesame")
            try await RedisServer.running(server.client(url: url)) { client in
                let name = try await client.send(["ACL", "WHOAMI"])
                #expect(name.text == "fare")
                #expect(try await client.send(["SET", "own:a", 1]) == .status("OK"))
                let failure = await #expect(throws: RedisFailure.self) { try await client.send(["SET", "other", 1]) }
                #expect(failure?.code == "NOPERM")
            }
        }
    }

    @Test("A password alone is the default user's")
    func password() async throws {
        try await RedisServer.with(Self.guarded) { server in
            let name = try await server.command(["ACL", "WHOAMI"])
            #expect(name.text == "default")
        }
    }

    @Test(
        "A wrong or missing password keeps the client out, and is told once without its text",
        arguments: [("fare", "wrong-sesame", "AUTH"), (nil, "wrong-sesame", "AUTH"), (nil, nil, "PING")]
    )
    func wrongPassword(user: String?, password: String?, step: String) async throws {
        let book = LogBook()
        try await RedisServer.with(Self.guarded) { server in
            let client = try server.client(url: server.url(user: user, password: password), logger: book.logger)
            try await RedisServer.running(client) { client in
                try await RedisServer.running(server.client()) { observer in
                    try await RedisTest.eventually("three attempts") {
                        let text = try await observer.send(["INFO", "errorstats"]).text ?? ""
                        let counts = text.matches(of: /errorstat_(?:WRONGPASS|NOAUTH):count=([0-9]+)/).compactMap {
                            Int($0.1)
                        }
                        // Of one attempt the name and the ping may be refused as well.
                        return counts.reduce(0, +) > 3 * 3
                    }
                }
                #expect(!client.isConnected)
                let failure = await #expect(throws: RedisFailure.self) { try await client.send(["PING"]) }
                #expect(failure?.kind == .unreachable)
            }
        }
        #expect(book.lines.count == 1)
        #expect(book.lines.first?.contains("\(step) was refused: ") == true)
        #expect(!book.lines.joined().contains("sesame"))
    }

    @Test("A user who may not even ping or be named is let in")
    func narrowUser() async throws {
        let options = RedisServer.Options(users: [(name: "few", password: "few-sesame", rules: "~* +get +auth")])
        try await RedisServer.with(options) { server in
            let url = server.url(user: "few", password: "few-sesame")
            try await RedisServer.running(server.client(url: url)) { client in
                let reply = try await client.send(["GET", "key"])
                #expect(reply == .null)
            }
        }
    }

    @Test("A database that the server does not have keeps the client out")
    func noSuchDatabase() async throws {
        let book = LogBook()
        try await RedisServer.with { server in
            let client = try server.client(url: server.url(database: 99), logger: book.logger)
            try await RedisServer.running(client) { client in
                await #expect(throws: RedisFailure(.unreachable)) { try await client.send(["PING"]) }
            }
        }
        #expect(book.lines.first?.contains("SELECT was refused: ERR") == true)
    }

    @Test("TLS is spoken with a server whose certificate is trusted, and with no other")
    func tls() async throws {
        try await RedisServer.with(.init(password: "main-sesame", isTLS: true)) { server in
            try await RedisServer.running(server.client()) { client in
                let value = RedisArgument.bytes([UInt8](repeating: 3, count: 300_000))
                let kept = try await client.send(["SET", "key", value])
                #expect(kept == .status("OK"))
                #expect(try await client.send(["STRLEN", "key"]) == .integer(300_000))
            }
            let named = server.url.replacing("127.0.0.1", with: "localhost")
            try await RedisServer.running(server.client(url: named)) { client in
                let reply = try await client.send(["PING"])
                #expect(reply == .status("PONG"))
            }

            // The control: another server's certificate is trusted, and this one's is not.
            let book = LogBook()
            try await RedisServer.with(.init(isTLS: true)) { other in
                var options = RedisServer.patient
                options.caCertificates = other.certificate
                try await RedisServer.running(server.client(options, logger: book.logger)) { client in
                    await #expect(throws: RedisFailure(.unreachable)) { try await client.send(["PING"]) }
                }
            }
            #expect(book.lines.first?.contains("no TLS") == true)
            #expect(book.lines.first?.contains("CERTIFICATE_VERIFY_FAILED") == true)
        }
    }

    @Test("Over TLS a server that stands still is given up as soon, and spoken to again")
    func tlsOutage() async throws {
        try await RedisServer.with(.init(isTLS: true)) { server in
            try await RedisServer.running(server.client(RedisOptions(heartbeat: .seconds(60)))) { client in
                try await RedisTest.eventually("a connection") { client.isConnected }
                server.pause()
                let failure = await #expect(throws: RedisFailure.self) {
                    try await withDeadline(10) { try await client.send(["PING"]) }
                }
                #expect(failure?.kind == .outcomeUnknown)
                server.resume()
                try await RedisTest.eventually("an answer") { (try? await client.send(["ECHO", "a"]))?.text == "a" }
            }
        }
    }

    @Test("Certificates that can't be read keep the client out, and are named")
    func noCertificates() async throws {
        let book = LogBook()
        try await RedisServer.with(.init(isTLS: true)) { server in
            let options = RedisOptions(commandTimeout: .seconds(20), caCertificates: "/nowhere/ca.pem")
            try await RedisServer.running(server.client(options, logger: book.logger)) { client in
                await #expect(throws: RedisFailure(.unreachable)) { try await client.send(["PING"]) }
            }
        }
        #expect(book.lines.first?.contains("no TLS") == true)
    }
}

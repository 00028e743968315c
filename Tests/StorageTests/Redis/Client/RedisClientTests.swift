import Storage
import Support
import Synchronization
import Testing

@Suite("Commands for a Redis server")
struct RedisClientTests {
    @Test("Values come back as they went, whatever their bytes")
    func bytes() async throws {
        let value = Array((UInt8.min...UInt8.max)) + RedisTest.bytes("\r\n$3\r\n")
        try await RedisServer.with { server in
            try await RedisServer.running(server.client()) { client in
                let kept = try await client.send(["SET", "key", .bytes(value)])
                #expect(kept == .status("OK"))
                #expect(try await client.send(["GET", "key"]) == .bulk(value))
                #expect(try await client.send(["GET", "none"]) == .null)
                #expect(try await client.send(["INCRBY", "count", -7]) == .integer(-7))
                #expect(client.isConnected)
            }
        }
    }

    @Test("A thousand callers at once get each their own answer")
    func pipelining() async throws {
        try await RedisServer.with { server in
            try await RedisServer.running(server.client()) { client in
                let answers = try await withThrowingTaskGroup(of: (Int, RedisReply).self) { group in
                    for number in 0..<1000 {
                        group.addTask { (number, try await client.send(["ECHO", .integer(number)])) }
                    }
                    return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                }
                for number in 0..<1000 { #expect(answers[number]?.text == String(number)) }
                let clients = try await client.send(["CLIENT", "LIST", "TYPE", "normal"])
                #expect(clients.text?.split(separator: "\n").count == 1)
                #expect(clients.text?.contains(" name=farebus ") == true)
            }
        }
    }

    @Test("Commands in one write are answered each, and a refusal among them holds up none")
    func together() async throws {
        try await RedisServer.with { server in
            try await RedisServer.running(server.client()) { client in
                let replies = try await client.send(all: [["SET", "a", "x"], ["INCR", "a"], ["GET", "a"]])
                #expect(replies.count == 3)
                #expect((replies[0], replies[2]) == (.status("OK"), .bulk(RedisTest.bytes("x"))))
                guard case .error = replies[1] else {
                    Issue.record("a word was counted: \(replies[1])")
                    return
                }
                #expect(try await client.send(all: []) == [])
                let alone = await #expect(throws: RedisFailure.self) { try await client.send(["INCR", "a"]) }
                #expect(alone?.code == "ERR")
            }
        }
    }

    @Test("An empty command is refused here: the server would not answer it")
    func emptyCommand() async throws {
        try await RedisServer.with { server in
            try await RedisServer.running(server.client()) { client in
                let failure = await #expect(throws: RedisFailure.self) {
                    try await client.send(all: [["PING"], [], ["ECHO", "b"]])
                }
                #expect(failure?.code == "ERR")
                let next = try await client.send(["ECHO", "c"])
                #expect(next.text == "c")
            }
        }
    }

    @Test("Callers that are cancelled leave the answers of others alone")
    func cancellation() async throws {
        try await RedisServer.with { server in
            try await RedisServer.running(server.client()) { client in
                let answers = try await withThrowingTaskGroup(of: (Int, RedisReply).self) { group in
                    for number in 0..<500 {
                        let leaver = Task { try? await client.send(["ECHO", "leaver"]) }
                        leaver.cancel()
                        group.addTask { (number, try await client.send(["ECHO", .integer(number)])) }
                    }
                    return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                }
                for number in 0..<500 { #expect(answers[number]?.text == String(number)) }
                // What a cancelled caller has to clean up is cleaned up.
                let cleaner = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await client.send(["SET", "cleaned", "yes"])
                }
                #expect(try await cleaner.value == .status("OK"))
            }
        }
    }

    @Test("The database of the URL is the one that is used")
    func database() async throws {
        try await RedisServer.with { server in
            try await RedisServer.running(server.client(url: server.url(database: 5))) { client in
                try await client.send(["SET", "where", "five"])
            }
            #expect(try await server.command(["GET", "where"]) == .null)
            try await RedisServer.running(server.client(url: server.url(database: 5))) { client in
                let found = try await client.send(["GET", "where"])
                #expect(found.text == "five")
            }
        }
    }

    @Test("A full server refuses, with its code; one with room does not")
    func outOfMemory() async throws {
        let value = RedisArgument.bytes([UInt8](repeating: 7, count: 1_000_000))
        try await RedisServer.with(.init(maxMemory: 1_500_000)) { server in
            try await RedisServer.running(server.client()) { client in
                // What is used before counts too: it is full after the first of these at the latest.
                _ = try await client.send(all: [["SET", "a", value], ["SET", "b", value]])
                let failure = await #expect(throws: RedisFailure.self) { try await client.send(["SET", "c", value]) }
                #expect(failure?.code == "OOM")
                #expect(try await client.send(["PING"]) == .status("PONG"))
            }
        }
        try await RedisServer.with { server in
            try await RedisServer.running(server.client()) { client in
                for key in ["a", "b", "c"] {
                    let reply = try await client.send(["SET", .text(key), value])
                    #expect(reply == .status("OK"))
                }
            }
        }
    }

    @Test("A script runs by its name, also after the server has forgotten it")
    func scripts() async throws {
        let script = RedisScript("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}")
        try await RedisServer.with { server in
            try await RedisServer.running(server.client()) { client in
                for (round, forget) in ["", "SCRIPT FLUSH", "FLUSHALL", "SCRIPT FLUSH"].enumerated() {
                    if !forget.isEmpty {
                        _ = try await client.send(forget.split(separator: " ").map { .text(String($0)) })
                    }
                    if forget == "SCRIPT FLUSH" {
                        // The control: the name alone is not known now.
                        let failure = await #expect(throws: RedisFailure.self) {
                            try await client.send(["EVALSHA", .text(script.name), 1, "key", "value"])
                        }
                        #expect(failure?.code == "NOSCRIPT")
                    }
                    let reply = try await client.run(script, keys: ["key"], arguments: ["value"])
                    guard case .array(let parts) = reply, case .integer(let count) = parts.last else {
                        Issue.record("in round \(round): \(reply)")
                        return
                    }
                    #expect(parts.prefix(2).map(\.text) == ["key", "value"])
                    #expect(count == [1, 2, 1, 2][round])
                    #expect(try await client.send(["SCRIPT", "EXISTS", .text(script.name)]) == .array([.integer(1)]))
                }
            }
        }
    }

    @Test("A script that fails is not run again by its source")
    func failingScript() async throws {
        let script = RedisScript("redis.call('INCR', KEYS[1]) return redis.error_reply('MINE on purpose')")
        try await RedisServer.with { server in
            try await RedisServer.running(server.client()) { client in
                for _ in 1...2 {
                    let failure = await #expect(throws: RedisFailure.self) { try await client.run(script, keys: ["runs"]) }
                    #expect(failure?.code == "MINE")
                }
                let runs = try await client.send(["GET", "runs"])
                #expect(runs.text == "2")
            }
        }
    }
}

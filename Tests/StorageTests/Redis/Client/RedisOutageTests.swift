import Storage
import Support
import Testing

@Suite("A Redis server that fails")
struct RedisOutageTests {
    @Test("After a kill and a restart commands are answered again")
    func restart() async throws {
        let book = LogBook()
        try await RedisServer.with { server in
            try await RedisServer.running(server.client(logger: book.logger)) { client in
                #expect(try await client.send(["PING"]) == .status("PONG"))
                try await server.kill()
                try await RedisTest.eventually("the loss to be noticed") { !client.isConnected }
                try await RedisTest.eventually("a command to be turned away") {
                    do throws(RedisFailure) {
                        _ = try await client.send(["PING"])
                        return false
                    } catch {
                        return error.kind == .unreachable
                    }
                }
                // When attempts fail, nobody waits for the next.
                let clock = ContinuousClock()
                let time = await clock.measure {
                    let failure = await #expect(throws: RedisFailure.self) { try await client.send(["PING"]) }
                    #expect(failure?.kind == .unreachable)
                }
                #expect(time < .milliseconds(500))
                try await server.restart()
                try await RedisTest.eventually("a connection") { client.isConnected }
                #expect(try await client.send(["PING"]) == .status("PONG"))
            }
        }
        let warnings = book.lines.filter { $0.contains("there is no connection") }
        #expect(!warnings.isEmpty)
        #expect(Set(warnings).count == warnings.count)
        #expect(book.lines.count { $0.contains("there again") } == 1)
    }

    @Test("A server that stands still is given up, and its late answers answer nobody")
    func pause() async throws {
        try await RedisServer.with { server in
            try await server.command(["SET", "key", "old"])
            try await RedisServer.running(server.client(RedisOptions(heartbeat: .seconds(60)))) { client in
                try await RedisTest.eventually("a connection") { client.isConnected }
                server.pause()
                let clock = ContinuousClock()
                let time = await clock.measure {
                    await withTaskGroup(of: Void.self) { group in
                        for _ in 1...50 {
                            group.addTask {
                                let failure = await #expect(throws: RedisFailure.self) {
                                    try await withDeadline(10) { try await client.send(["ECHO", "late"]) }
                                }
                                #expect(failure?.kind == .outcomeUnknown)
                            }
                        }
                    }
                }
                #expect(time >= .milliseconds(900))
                #expect(time < .seconds(5))
                // Meanwhile nothing is sent, so nothing is in doubt.
                let failure = await #expect(throws: RedisFailure.self) { try await client.send(["INCR", "doubt"]) }
                #expect(failure?.kind == .unreachable)
                server.resume()
                try await RedisTest.eventually("an answer") {
                    guard let reply = try? await client.send(["GET", "key"]) else { return false }
                    #expect(reply.text == "old")
                    return true
                }
                #expect(try await server.command(["GET", "doubt"]) == .null)
            }
        }
    }

    @Test("A server that stands still is noticed although nobody asks it anything")
    func idlePause() async throws {
        try await RedisServer.with { server in
            try await RedisServer.running(server.client(RedisOptions())) { client in
                try await RedisTest.eventually("a connection") { client.isConnected }
                server.pause()
                try await RedisTest.eventually("the silence to be noticed", seconds: 3.5) { !client.isConnected }
                server.resume()
                try await RedisTest.eventually("a connection") { client.isConnected }
            }
        }
    }

    @Test("A connection that is idle but alive is kept")
    func idle() async throws {
        var options = RedisServer.patient
        options.heartbeat = .milliseconds(20)
        try await RedisServer.with { server in
            try await RedisServer.running(server.client(options)) { client in
                let before = try await client.send(["CLIENT", "ID"])
                try await RedisTest.eventuallyPinged(20, server)
                #expect(try await client.send(["CLIENT", "ID"]) == before)
            }
        }
    }

    @Test("Commands that come before the first connection wait for it")
    func beforeTheFirst() async throws {
        try await RedisServer.with { server in
            let client = try server.client(RedisServer.patient)
            let early = Task { try await client.send(["ECHO", "early"]) }
            let reply = try await RedisServer.running(client) { _ in try await early.value }
            #expect(reply.text == "early")
        }
    }

    @Test("A command waits for a connection no longer than its time")
    func nobodyRuns() async throws {
        try await RedisServer.with { server in
            let client = try server.client(RedisOptions(commandTimeout: .milliseconds(100)))
            let failure = await #expect(throws: RedisFailure.self) {
                try await withDeadline(10) { _ = try await client.send(["PING"]) }
            }
            #expect(failure?.kind == .unreachable)
        }
    }

    @Test("Beyond the bound commands are turned away at once; within it they are not")
    func bound() async throws {
        var options = RedisServer.patient
        options.maxPending = 3
        try await RedisServer.with { server in
            let client = try server.client(options)
            let waiting = Task { try await client.send(all: [["ECHO", "1"], ["ECHO", "2"], ["ECHO", "3"]]) }
            try await RedisTest.eventually("the bound to be reached") {
                // One of four is over the bound wherever it comes.
                do throws(RedisFailure) {
                    _ = try await client.send(all: [["PING"], ["PING"], ["PING"], ["PING"]])
                    return false
                } catch {
                    return error.kind == .unreachable
                }
            }
            try await RedisServer.running(client) { client in
                let replies = try await waiting.value
                #expect(replies.map(\.text) == ["1", "2", "3"])
                #expect(try await client.send(all: [["PING"], ["PING"], ["PING"]]).count == 3)
            }
        }
    }

    @Test("A closed client turns commands away, those that wait too, and stops")
    func close() async throws {
        try await RedisServer.with { server in
            let client = try server.client(RedisServer.patient)
            let running = Task { await client.run() }
            #expect(try await client.send(["PING"]) == .status("PONG"))
            await client.close()
            try await withDeadline(10) { await running.value }
            let failure = await #expect(throws: RedisFailure.self) { try await client.send(["PING"]) }
            #expect(failure?.kind == .unreachable)
            #expect(!client.isConnected)

            let unused = try server.client(RedisServer.patient)
            let waiting = Task { try await unused.send(["PING"]) }
            await unused.close()
            await #expect(throws: RedisFailure(.unreachable)) { try await waiting.value }
        }
    }

    @Test("A client whose task is cancelled stops, also between two attempts")
    func cancelled() async throws {
        try await RedisServer.with { server in
            try await server.kill()
            let client = try server.client(
                RedisOptions(commandTimeout: .seconds(20), shortestPause: .seconds(60), longestPause: .seconds(60))
            )
            let running = Task { await client.run() }
            await #expect(throws: RedisFailure(.unreachable)) { try await client.send(["PING"]) }
            running.cancel()
            try await withDeadline(10) { await running.value }
        }
    }
}

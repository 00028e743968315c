import Foundation
import Support
import Testing

extension EndToEnd {
    /// A server that shuts itself, in whole or in part, because something has really failed.
    @Suite(.timeLimit(.minutes(3)))
    struct MaintenanceTrip {
        /// The grace is longer than a probe waits for its answer: a write that is asked just before the store falls silent
        /// must not be told of before the first read is.
        private static let impatient = [
            "FAREBUS_LIMITS_ENABLED": "false", "FAREBUS_MAINTENANCE_STORE_GRACE": "4",
            "FAREBUS_MAINTENANCE_EMERGENCY_ADDRESS": "emergency@example.com", "FAREBUS_CHECKS_INTERVAL": "1",
        ]

        @Test(
            "Where no write succeeds, writes are refused with the reason, reading goes on, and it opens by itself",
            .enabled(if: TestEngine.isSQLite, "the disk is bounded, of which MongoDB has its own")
        )
        func noRoom() async throws {
            try await EndToEnd.onDemo("no-room", environment: Self.impatient) { demo in
                let bus = try #require(try await demo.departures().first { $0.seatsLeft > 5 })
                let doors: [any Door] = [try demo.rest(1), try await demo.socket(1)]
                // The log of the database is longer than this, a letter is shorter: no commit has room any more.
                try await Self.limitFiles(of: demo.server, to: "16384")
                try await Self.wait(for: "writes_stopped", at: demo.server)
                for door in doors {
                    let refused = try await door.send(.book(bus.id), key: "k")
                    #expect(refused.status == 503)
                    #expect(refused.code == "maintenance")
                    #expect(refused.json["detail"].string?.hasPrefix("The store can't be written to.") == true)
                    #expect(try await door.send(.wallet).status == 200)
                    #expect(try await door.send(.departure(bus.id)).status == 200)
                }
                #expect(try await Self.get(demo.server, "/health/ready").status == 200)
                let letters = Mailbox(demo.server)
                #expect(try await letters.toEmergency(1) == ["Farebus: the store can't be written to"])

                try await Self.limitFiles(of: demo.server, to: "unlimited")
                try await Self.wait(for: "open", at: demo.server)
                for door in doors { #expect(try await door.send(.book(bus.id), key: "k").status == 201) }
                #expect(
                    try await letters.toEmergency(2)
                        == ["Farebus: over: the store can't be written to", "Farebus: the store can't be written to"]
                )
            }
        }

        @Test("Where the store does not answer, everything is shut with the reason, people are told, and it opens by itself")
        func noStore() async throws {
            try await EndToEnd.onDemo("no-store", alone: true, environment: Self.impatient) { demo in
                let server = demo.server
                let doors: [any Door] = [try demo.rest(1), try await demo.socket(1)]
                let client = try await HTTPTestClient.connect(port: server.port, seconds: 40)
                let feed = try await client.stream("/v1/feeds/maintenance", headers: [])
                #expect(JSON(Data((try await feed.next()?.data ?? "").utf8))["level"].string == "open")

                // A socket is let in first, and attached to its session afterwards, for which the store is asked.
                for door in doors { #expect(try await door.send(.wallet).status == 200) }
                let outage = try await Outage(server.place)
                try await Self.wait(for: "shut", at: demo.server)
                try await Self.expect("shut", on: feed)
                for door in doors {
                    for ask in [Ask.wallet, .bookings] {
                        let refused = try await door.send(ask)
                        #expect(refused.status == 503)
                        #expect(refused.code == "maintenance")
                        #expect(refused.json["detail"].string?.hasPrefix("The store can't be reached.") == true)
                    }
                }
                let ready = try await Self.get(server, "/health/ready")
                #expect(ready.status == 503)
                #expect(ready["retry-after"] == "60")
                #expect(try await Self.get(server, "/health/live").status == 200)
                let letters = Mailbox(server)
                #expect(try await letters.toEmergency(1) == ["Farebus: the store can't be reached"])

                outage.end()
                try await Self.wait(for: "open", at: demo.server)
                try await Self.expect("open", on: feed)
                for door in doors { #expect(try await door.send(.wallet).status == 200) }
                #expect(try await Self.get(server, "/health/ready").status == 200)
                #expect(
                    try await letters.toEmergency(2)
                        == ["Farebus: over: the store can't be reached", "Farebus: the store can't be reached"]
                )
                client.close()
            }
        }

        @Test("Where the books are not in order, money stops, reading goes on, and a clean check lifts it")
        func spoiledBooks() async throws {
            try await EndToEnd.onDemo("spoiled", environment: Self.impatient) { demo in
                let bus = try #require(try await demo.departures().first { $0.seatsLeft > 5 })
                let doors: [any Door] = [try demo.rest(1), try await demo.socket(1)]
                let booked = try await doors[0].send(.book(bus.id), key: "before")
                #expect(booked.status == 201)
                let kept = try demo.server.place.kept()
                defer { Thread.detachNewThread { kept.close() } }
                try await kept.change("departures", where: { $0.text("id") == bus.id }, by: { $0.add(-1, to: "available") })
                try await Self.wait(for: "money_stopped", at: demo.server)
                for door in doors {
                    let refused = try await door.send(.book(bus.id), key: "k")
                    #expect(refused.status == 503)
                    #expect(refused.code == "maintenance")
                    #expect(refused.json["detail"].string?.hasPrefix("A check of the books found a mistake.") == true)
                    #expect(try await door.send(.wallet).status == 200)
                    #expect(try await door.send(.bookings).status == 200)
                    // What was acknowledged before is still acknowledged.
                    #expect(try await door.send(.book(bus.id), key: "before").body == booked.body)
                }
                #expect(try await Self.get(demo.server, "/health/ready").status == 200)
                #expect(try await Mailbox(demo.server).toEmergency(1) == ["Farebus: the books are not in order"])

                try await kept.change("departures", where: { $0.text("id") == bus.id }, by: { $0.add(1, to: "available") })
                try await Self.wait(for: "open", at: demo.server)
                let cancelled = try await doors[1].send(.cancel(try #require(booked.json["id"].string)), key: "c")
                #expect(cancelled.status == 200)
            }
        }

        /// Waits until the server is shut so far. It tells nobody who is not on its feed, so this asks again and again.
        private static func wait(for level: String, at server: ServerProcess) async throws {
            try await withDeadline(45, "the level \(level)") {
                // Without a token, which the store would be asked about.
                while JSON(try await get(server, "/v1/maintenance").body)["level"].string != level {
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
        }

        /// The next state that the feed tells of. Where there are other instances, it begins anew with each.
        private static func expect(_ level: String, on feed: SSETestStream) async throws {
            var event = try await feed.next()
            if event?.event == "gap" { event = try await feed.next() }
            #expect(JSON(Data((event?.data ?? "").utf8))["level"].string == level, "\(event as Any)")
        }

        private static func get(_ server: ServerProcess, _ path: String) async throws -> HTTPTestResponse {
            try await HTTPTestClient.once(port: server.port, "GET", path)
        }

        /// Bounds the size to which a running process may write files: beyond it, writes fail (`EFBIG`).
        private static func limitFiles(of server: ServerProcess, to bytes: String) async throws {
            let change = try ChildProcess(
                URL(filePath: "/usr/bin/prlimit"), ["--pid", "\(server.process.pid)", "--fsize=\(bytes):"]
            )
            #expect(try await change.waitForExit() == .code(0), "\(change.errors.text)")
        }
    }

    /// The letters in the local mailbox.
    private struct Mailbox: Sendable {
        let folder: URL

        init(_ server: ServerProcess) {
            folder = server.data.appending(path: "mail")
        }

        /// The subjects of all letters to the emergency address, sorted, once there are so many.
        func toEmergency(_ count: Int) async throws -> [String] {
            try await withDeadline(20, "\(count) emergency letters") {
                while true {
                    let subjects = try subjects()
                    if subjects.count >= count { return subjects }
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        }

        private func subjects() throws -> [String] {
            let path = folder.path(percentEncoded: false)
            guard FileManager.default.fileExists(atPath: path) else { return [] }
            return try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".eml") }.compactMap {
                name in
                let lines = try String(contentsOf: folder.appending(path: name), encoding: .utf8).split(separator: "\r\n")
                guard lines.contains("To: <emergency@example.com>") else { return nil }
                return lines.first { $0.hasPrefix("Subject: ") }.map { String($0.dropFirst("Subject: ".count)) }
            }.sorted()
        }
    }

    /// The store does not answer: MongoDB is stopped in mid-air, SQLite's file is locked.
    private enum Outage {
        case mongoDB(MongoServer)
        case sqlite(ReadLock)

        init(_ place: ServerPlace) async throws {
            if let mongo = place.mongo {
                mongo.pause()
                self = .mongoDB(mongo)
            } else {
                self = .sqlite(try await ReadLock(database: place.data.appending(path: "farebus.db")))
            }
        }

        func end() {
            switch self {
            case .mongoDB(let server): server.resume()
            case .sqlite(let lock): lock.release()
            }
        }
    }

    /// Keeps all readers out of a database with a write-ahead log, as a process would that has gone mad while it held its
    /// locks: the bytes of the shared memory file that stand for the marks of readers (www.sqlite.org/walformat.html,
    /// section 2.3).
    private final class ReadLock: Sendable {
        private static let readMarks = (first: off_t(123), count: off_t(5))
        private let descriptor: Int32

        /// Waits until no reader is at work.
        init(database: URL) async throws {
            let descriptor = open(database.path(percentEncoded: false) + "-shm", O_RDWR | O_CLOEXEC)
            try #require(descriptor >= 0)
            self.descriptor = descriptor
            do {
                try await withDeadline(30, "the locks of readers") {
                    for mark in Self.readMarks.first..<(Self.readMarks.first + Self.readMarks.count) {
                        while !Self.lock(descriptor, mark) { try await Task.sleep(for: .milliseconds(1)) }
                    }
                }
            } catch {
                close(descriptor)
                throw error
            }
        }

        func release() {
            close(descriptor)
        }

        private static func lock(_ descriptor: Int32, _ byte: off_t) -> Bool {
            var lock = flock()
            lock.l_type = Int16(F_WRLCK)
            lock.l_whence = Int16(SEEK_SET)
            lock.l_start = byte
            lock.l_len = 1
            return fcntl(descriptor, F_SETLK, &lock) == 0
        }
    }
}

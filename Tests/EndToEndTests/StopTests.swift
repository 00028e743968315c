import Foundation
import Support
import Testing

extension EndToEnd {
    /// The server is asked to stop while people are connected and at work.
    @Suite(.timeLimit(.minutes(2)))
    struct Stop {
        @Test("SIGTERM: everybody is told, commands at work are answered, and the process ends well")
        func graceful() async throws {
            let place = try await ServerPlace("stop")
            let server = try await ServerProcess.start(
                in: place, environment: unlimited.merging(["FAREBUS_SHUTDOWN_GRACE": "10"]) { $1 }
            )
            do {
                try await stopUnderWork(server)
            } catch {
                await server.process.end()
                throw error
            }
            try await expectClean(place)
        }

        private func stopUnderWork(_ server: ServerProcess) async throws {
            let demo = try Demo(server)
            let found = try await demo.departures().filter { $0.seatsLeft > 8 }
            let bus = try #require(found.first)
            var screens: [SocketDoor] = []
            var streams: [SeatsStream] = []
            for rider in 11...13 {
                let screen = try await demo.socket(rider)
                try await screen.subscribe(toSeatsOf: bus.id)
                #expect(try await screen.nextEvent().kind == "snapshot")
                screens.append(screen)
                let stream = try await SeatsStream.open(server, token: try demo.rider(rider), departure: bus.id)
                #expect(try await stream.next().kind == "snapshot")
                streams.append(stream)
            }
            let idle = try await demo.socket(14)
            // Everybody is in before the first one works: the server lets nobody in once it stops.
            var workers: [Worker] = []
            for rider in 1...6 {
                let door: any Door = rider.isMultiple(of: 2) ? try await demo.socket(rider) : try demo.rest(rider)
                _ = try await door.send(.wallet)
                workers.append(Worker(rider: rider, door: door))
            }
            let acknowledged = try await withThrowingTaskGroup(of: [Receipt].self) { group in
                for worker in workers {
                    group.addTask { try await worker.work(found.map(\.id)) { server.process.terminate() } }
                }
                return try await group.reduce(into: [Receipt]()) { $0 += $1 }
            }
            for door in screens + [idle] {
                let bye = try await door.bye()
                #expect(bye["reason"].string != nil)
                #expect((bye["retry_ms"].int ?? 0) > 0)
                #expect(try await door.closeCode() == 1012)
            }
            for stream in streams {
                // Changes that were under way may still come first.
                var last = try await stream.next()
                for _ in 0..<200 where last.kind == "change" { last = try await stream.next() }
                #expect(last.kind == "bye")
                try await stream.expectEnd()
            }
            #expect(try await server.process.waitForExit(seconds: 15) == .code(0))
            #expect(acknowledged.count >= 20)

            try await ServerProcess.with(in: server.place, environment: unlimited) { server in
                let demo = try Demo(server)
                for receipt in acknowledged {
                    let again = try await demo.rest(receipt.rider).send(receipt.ask, key: receipt.key)
                    #expect(again.status == receipt.answer.status)
                    #expect(again.body == receipt.answer.body)
                }
            }
        }
    }

    private struct Receipt: Sendable {
        let rider: Int
        let ask: Ask
        let key: String
        let answer: Answer
    }

    /// Books and cancels until the server will have no more of it.
    private struct Worker {
        let rider: Int
        let door: any Door

        /// - Parameter enough: called once this worker has done its share.
        func work(_ departures: [String], enough: @Sendable () -> Void) async throws -> [Receipt] {
            var receipts: [Receipt] = []
            var held: String?
            for turn in 0..<10_000 {
                let ask = held.map(Ask.cancel) ?? .book(departures[turn % departures.count])
                let key = "w-\(turn)"
                let answer: Answer
                do {
                    answer = try await door.send(ask, key: key)
                } catch let error as DeadlinePassed {
                    throw error
                } catch {
                    return receipts
                }
                // A server that stops may turn commands away, but not lose them.
                if answer.status == 503 { return receipts }
                #expect(answer.status < 300, "\(ask.command): \(String(decoding: answer.body, as: UTF8.self))")
                receipts.append(Receipt(rider: rider, ask: ask, key: key, answer: answer))
                held = held == nil ? answer.json["id"].string : nil
                if turn == 20 { enough() }
            }
            return receipts
        }
    }
}

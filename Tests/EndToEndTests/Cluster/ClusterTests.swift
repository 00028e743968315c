import Foundation
import Support
import Testing

extension EndToEnd {
    /// What is true of one server is true of several on one store: seen on three instances, which tests also hinder.
    @Suite(
        .serialized, .enabled(if: TestEngine.isMongoDB, "instances have their store in common"), .cluster,
        .timeLimit(.minutes(10))
    )
    struct OnCluster {
        @Test("200 riders race for the last 10 seats at three instances: 10 bookings, 190 clear refusals")
        func lastSeats() async throws {
            let cluster = try Cluster.current
            let bus = try #require(try await cluster.departures(seats: 10).first { $0.capacity == 10 })
            var doors: [any Door] = []
            for rider in 1...Demo.crowd {
                let demo = try cluster.demo(Cluster.Instance.allCases[rider % 3])
                doors.append(rider.isMultiple(of: 2) ? try await demo.socket(rider) : try demo.rest(rider))
            }
            // All doors are open, and all sessions known, before the first one books.
            let before = try await Self.balances(doors)
            let answers = try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
                for (index, door) in doors.enumerated() {
                    group.addTask { (index, try await door.persist(.book(bus.id), key: "race")) }
                }
                return try await group.reduce(into: [Int: Answer]()) { $0[$1.0] = $1.1 }
            }
            let (winners, losers) = (answers.filter { $1.status == 201 }, answers.filter { $1.status != 201 })
            #expect(winners.count == 10)
            #expect(losers.count == 190)
            #expect(losers.values.allSatisfy { $0.status == 409 && $0.code == "sold_out" })
            #expect(Set(winners.values.compactMap { $0.json["id"].string }).count == 10)
            for instance in Cluster.Instance.allCases {
                #expect(try await cluster.demo(instance).rest(1).send(.departure(bus.id)).json["seatsLeft"].int == 0)
            }
            let after = try await Self.balances(doors)
            for index in doors.indices {
                #expect(before[index] - after[index] == (winners[index] == nil ? 0 : bus.fare), "rider \(index + 1)")
            }
            for case let socket as SocketDoor in doors { await socket.close() }
            try await cluster.expectClean()
        }

        /// What each has, by its own door; some at once.
        private static func balances(_ doors: [any Door]) async throws -> [Int] {
            try await withThrowingTaskGroup(of: [(Int, Int)].self) { group in
                for lane in 0..<8 {
                    group.addTask {
                        var found: [(Int, Int)] = []
                        for index in stride(from: lane, to: doors.count, by: 8) {
                            let wallet = try await doors[index].persist(.wallet)
                            found.append((index, try #require(wallet.json["balance"]["amount"].int)))
                        }
                        return found
                    }
                }
                let found = try await group.reduce(into: [Int: Int]()) { $0.merge($1) { $1 } }
                return doors.indices.map { found[$0] ?? 0 }
            }
        }

        @Test("One key sent 60 times at once, to three instances over both transports, has one effect and one answer")
        func oneKey() async throws {
            let cluster = try Cluster.current
            let bus = try #require(try await cluster.departures(seats: 20).last)
            let rest = try Cluster.Instance.allCases.map { try cluster.demo($0).rest(11) }
            var sockets: [SocketDoor] = []
            for instance in Cluster.Instance.allCases { sockets.append(try await cluster.demo(instance).socket(11)) }
            // A socket takes eight commands at once.
            let doors: [any Door] = (0..<12).flatMap { _ in rest } + (0..<8).flatMap { _ in sockets }
            let before = try await rest[0].send(.wallet).json["balance"]["amount"].int ?? 0
            let held = try await rest[0].send(.bookings).json["items"].array.count
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for door in doors { group.addTask { try await door.persist(.book(bus.id), key: "same") } }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(answers.count == 60)
            #expect(Set(answers.map(\.status)) == [201])
            #expect(Set(answers.map(\.body)).count == 1)
            for door in rest {
                #expect(try await door.send(.bookings).json["items"].array.count == held + 1)
                #expect(try await door.send(.wallet).json["balance"]["amount"].int == before - bus.fare)
                #expect(try await door.send(.departure(bus.id)).json["seatsLeft"].int == bus.seatsLeft - 1)
            }
            for socket in sockets { await socket.close() }
        }
    }
}

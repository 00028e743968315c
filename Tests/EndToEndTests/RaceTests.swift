import Foundation
import Support
import Testing

extension EndToEnd {
    /// Everybody wants the same few seats, at the same moment, by both transports.
    @Suite(.timeLimit(.minutes(2)))
    struct Race {
        @Test("200 riders race for the last 10 seats: 10 bookings, 190 clear refusals")
        func lastSeats() async throws {
            let environment = EndToEnd.unlimited.merging(Demo.crowded) { $1 }
            try await EndToEnd.onDemo("race", environment: environment) { demo in
                let smallest = try await demo.departures().min { $0.capacity < $1.capacity }
                let bus = try #require(smallest)
                try #require(bus.capacity == 10, "the demo's smallest bus has 10 seats")
                try #require(bus.seatsLeft == 10)
                // All doors are open before the first one books.
                var doors: [any Door] = []
                for rider in 1...Demo.crowd {
                    doors.append(rider.isMultiple(of: 2) ? try await demo.socket(rider) : try demo.rest(rider))
                }
                for case let door as RESTDoor in doors { _ = try await door.send(.wallet) }
                let answers = try await withThrowingTaskGroup(of: (Int, Answer).self) { group in
                    for (index, door) in doors.enumerated() {
                        group.addTask { (index + 1, try await door.send(.book(bus.id), key: "race")) }
                    }
                    return try await group.reduce(into: [Int: Answer]()) { $0[$1.0] = $1.1 }
                }
                let (winners, losers) = (answers.filter { $1.status == 201 }, answers.filter { $1.status != 201 })
                #expect(winners.count == 10)
                #expect(losers.count == 190)
                #expect(losers.values.allSatisfy { $0.status == 409 && $0.code == "sold_out" })
                #expect(Set(winners.values.compactMap { $0.json["id"].string }).count == 10)
                let left = try await demo.rest(1).send(.departure(bus.id))
                #expect(left.json["seatsLeft"].int == 0)
                // Who won paid once, who lost paid nothing.
                for rider in 1...Demo.crowd {
                    let balance = try await doors[rider - 1].send(.wallet).json["balance"]["amount"].int
                    #expect(balance == 40_000 - (winners[rider] == nil ? 0 : bus.fare), "rider \(rider)")
                }
                for case let socket as SocketDoor in doors { await socket.close() }
            }
        }

        @Test("One key sent 100 times at once, over both transports, has one effect and one answer")
        func oneKey() async throws {
            try await EndToEnd.onDemo("one-key") { demo in
                let bus = try #require(try await demo.departures().first { $0.seatsLeft > 5 })
                let (rest, socket) = (try demo.rest(1), try await demo.socket(1))
                let answers = try await withThrowingTaskGroup(of: [Answer].self) { group in
                    // A socket takes eight commands at once.
                    for lane in 0..<12 {
                        let door: any Door = lane < 6 ? rest : socket
                        group.addTask {
                            var answers: [Answer] = []
                            for _ in 0..<9 { answers.append(try await door.send(.book(bus.id), key: "same")) }
                            return answers
                        }
                    }
                    return try await group.reduce(into: [Answer]()) { $0 += $1 }
                }
                #expect(answers.count == 108)
                #expect(Set(answers.map(\.status)) == [201])
                #expect(Set(answers.map(\.body)).count == 1)
                #expect(try await rest.send(.bookings).json["items"].array.count == 1)
                #expect(try await rest.send(.wallet).json["balance"]["amount"].int == 40_000 - bus.fare)
                #expect(try await rest.send(.departure(bus.id)).json["seatsLeft"].int == bus.seatsLeft - 1)
                await socket.close()
            }
        }
    }
}

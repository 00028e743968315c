import Booking
import CommandBus
import Foundation
import Storage
import Support
import Testing
import Wallet

@testable import Gateway

/// 200 riders want the last 10 seats of a bus, all at once, half of them over REST and half over sockets.
@Suite(.serialized)
struct SeatRaceTests {
    @Test(.timeLimit(.minutes(2)))
    func tenOfTwoHundredGetASeat() async throws {
        let race = try await run(takeSeat: nil)
        #expect(race.statuses.filter { $0 == 201 }.count == 10)
        #expect(race.codes.filter { $0 == "sold_out" }.count == 190)
        #expect(race.findings == [])
        #expect(race.seatsLeft == 0)
        #expect(race.fares == 10 * 2000)
    }

    /// The control: without the guard the very same race sells more seats than there are, and the check finds it.
    @Test(.timeLimit(.minutes(2)))
    func withoutTheGuardTheRaceOversells() async throws {
        let race = try await run { departure, _, tx in
            // Decides on the seats, but does not take them.
            try tx.departure(departure)
        }
        #expect(race.statuses.filter { $0 == 201 }.count > 10)
        #expect(race.findings != [])
    }

    private struct Race {
        let statuses: [Int]
        let codes: [String]
        let findings: [String]
        let seatsLeft: Int
        let fares: Int64
    }

    private func run(takeSeat: CommandRegistry<SuiteStore>.TakeSeat?) async throws -> Race {
        try await RunningGateway.with(flags: ["demoRiders": "200"], takeSeat: takeSeat) { gateway in
            let departures = try await gateway.core.store.read { snapshot in
                try snapshot.departures(
                    DepartureQuery(route: RouteID(trusted: "night"), notBefore: gateway.clock.now(), limit: 1)
                )
            }
            let departure = try #require(departures.first)
            #expect(departure.seats.available == 10)
            let answers = try await withThrowingTaskGroup(of: (Int, String).self) { riders in
                for number in 1...200 {
                    let token = try #require(gateway.tokens["rider\(number)@demo.test"])
                    riders.addTask {
                        number.isMultiple(of: 2)
                            ? try await Self.bookByREST(departure.id, token, gateway.port)
                            : try await Self.bookBySocket(departure.id, token, gateway.port)
                    }
                }
                return try await riders.reduce(into: [(Int, String)]()) { $0.append($1) }
            }
            let ledger = gateway.core.ledger
            let (findings, seatsLeft, fares) = try await gateway.core.store.read { snapshot in
                (
                    try Verification.run(snapshot).findings, try snapshot.departure(departure.id)?.seats.available ?? -1,
                    try ledger.balance(of: .fares, in: snapshot)
                )
            }
            return Race(
                statuses: answers.map(\.0), codes: answers.map(\.1), findings: findings, seatsLeft: seatsLeft, fares: fares
            )
        }
    }

    private static func bookByREST(_ departure: DepartureID, _ token: String, _ port: Int) async throws -> (Int, String) {
        let response = try await HTTPTestClient.once(
            port: port, "POST", "/v1/bookings",
            headers: [
                ("Authorization", "Bearer \(token)"), ("Idempotency-Key", "race"), ("Content-Type", "application/json"),
            ],
            body: Data(#"{"departure":"\#(departure.raw)"}"#.utf8)
        )
        return (response.status, code(in: response.text))
    }

    private static func bookBySocket(_ departure: DepartureID, _ token: String, _ port: Int) async throws -> (Int, String) {
        let socket = try await SocketClient.connect(port: port, headers: [("Authorization", "Bearer \(token)")])
        try await socket.send(
            #"{"id":"1","cmd":"bookings.create","key":"race","input":{"departure":"\#(departure.raw)"}}"#
        )
        let frame = try await socket.text(containing: #""id":"1""#)
        socket.drop()
        let status = try JSONDecoder().decode(Status.self, from: Data(frame.utf8)).status
        return (status, code(in: frame))
    }

    private struct Status: Decodable {
        let status: Int
    }

    private static func code(in text: String) -> String {
        text.firstMatch(of: /"code":"([a-z_]+)"/).map { String($0.1) } ?? ""
    }
}

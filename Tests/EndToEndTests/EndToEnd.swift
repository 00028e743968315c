import Foundation
import Support
import Testing

/// What an operator and a client see of the built `farebus`, from outside.
///
/// One server at a time: on a small machine several would only measure how they hinder each other.
@Suite(.serialized)
enum EndToEnd {
    /// No rate limits, for tests that send more than a person would.
    static let unlimited = ["FAREBUS_LIMITS_ENABLED": "false"]

    /// Runs a test on a demo server with a place of its own, and rechecks what it kept after the server has stopped.
    ///
    /// - Parameter alone: whether its MongoDB is nobody else's, and may be stopped.
    static func onDemo(
        _ name: String, alone: Bool = false, environment: [String: String] = unlimited, _ body: (Demo) async throws -> Void
    ) async throws {
        let place = try await ServerPlace(name, hasOwnMongo: alone)
        try await ServerProcess.with(in: place, environment: environment) { server in
            try await body(try Demo(server))
        }
        try await expectClean(place)
    }

    /// `farebus verify` finds nothing.
    static func expectClean(_ place: ServerPlace, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let check = try await place.run(["verify"])
        #expect(check.exit == .code(0), "\(check.output)\(check.errors)", sourceLocation: sourceLocation)
    }
}

/// A running demo and its ready sessions.
struct Demo: Sendable {
    let server: ServerProcess
    private let tokens: [String: String]

    init(_ server: ServerProcess) throws {
        self.server = server
        tokens = try server.demoSessions()
    }

    /// How many riders there are where a crowd is needed, and how that is said.
    static let crowd = 200
    static let crowded = ["FAREBUS_DEMO_RIDERS": "\(crowd)"]

    /// The token of `rider<number>@demo.test`, from 1 to 40, or to as many as there are.
    func rider(_ number: Int) throws -> String {
        try #require(tokens["rider\(number)@demo.test"], "the demo has no session for rider \(number)")
    }

    func token(of name: String) throws -> String {
        try #require(tokens["\(name)@demo.test"], "the demo has no session for \(name)")
    }

    /// The door that a rider uses, by REST.
    func rest(_ rider: Int) throws -> RESTDoor {
        RESTDoor(server: server, token: try self.rider(rider))
    }

    /// A new socket of a rider.
    func socket(_ rider: Int) async throws -> SocketDoor {
        try await SocketDoor.open(server, token: try self.rider(rider))
    }

    /// All departures whose bookings can be made, and given back, for hours to come.
    func departures() async throws -> [Departure] {
        let door = try rest(1)
        let soon = Date.now.addingTimeInterval(3 * 3600)
        var found: [Departure] = []
        var after: String?
        repeat {
            let page = try await door.send(.departures(after: after))
            #expect(page.status == 200)
            let part = try JSONDecoder().decode(DeparturePage.self, from: page.body)
            found += part.items
            after = part.next
        } while after != nil && found.count < 5000
        return found.filter { $0.state == "scheduled" && $0.leaves > soon }
    }
}

/// A page of departures. Typed, because a list is long: thousands of values one by one take seconds in a debug build.
private struct DeparturePage: Decodable {
    let items: [Departure]
    let next: String?
}

/// What the tests need of a departure.
struct Departure: Decodable, Sendable {
    let id: String
    let capacity: Int
    let seatsLeft: Int
    let state: String
    private let fareInFull: Amount
    private let departsAt: String

    var fare: Int { fareInFull.amount }
    var leaves: Date { (try? Date(departsAt, strategy: .iso8601)) ?? .distantPast }

    private struct Amount: Decodable {
        let amount: Int
    }

    private enum CodingKeys: String, CodingKey {
        case id, capacity, seatsLeft, state, departsAt
        case fareInFull = "fare"
    }
}

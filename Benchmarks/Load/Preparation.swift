import Foundation
import NIOCore

/// Reads what the driver must know of the server before it can load it.
enum Preparation {
    struct Findings: Sendable {
        let world: World
        /// What each rider can spend, in minor units.
        let wallets: [Int]
        /// Live bookings that were there before.
        let taken: Set<BookingPlan.Pair>
    }

    /// Reads the departures, wallets and bookings.
    ///
    /// - Parameter connections: how many connections it may use.
    static func look(host: String, port: Int, tokens: [String], on loop: any EventLoop) async throws -> Findings {
        let blank = World(host: host, tokens: tokens, departures: [])
        let fleet = try await Fleet.connect(blank, port: port, lanes: 4, withSockets: false, on: loop)
        defer { loop.execute { fleet.value.close() } }
        func get(_ paths: [(path: String, rider: Int)]) async throws -> [(rider: Int, data: Data)] {
            let outcome = try await loop.flatSubmit {
                fleet.value.sendAll(paths.map { Call.get(path: $0.path, rider: $0.rider) })
            }.get()
            return outcome.kept.compactMap { call, body in
                guard case .get(_, let rider) = call else { return nil }
                return (rider, Data(body.readableBytesView))
            }
        }
        let world = World(host: host, tokens: tokens, departures: try await departures(get))
        let riders = tokens.indices
        var wallets = Array(repeating: 0, count: tokens.count)
        for (rider, data) in try await get(riders.map { ("/v1/wallet", $0) }) {
            wallets[rider] = try JSONDecoder().decode(Wallet.self, from: data).balance.amount
        }
        var taken: Set<BookingPlan.Pair> = []
        for (rider, data) in try await get(riders.map { ("/v1/bookings?state=booked&limit=200", $0) }) {
            for booking in try JSONDecoder().decode(Page<Booking>.self, from: data).items {
                if let index = world.departures.firstIndex(where: { $0.id == booking.departure }) {
                    taken.insert(.init(rider: rider, departure: index))
                }
            }
        }
        return Findings(world: world, wallets: wallets, taken: taken)
    }

    /// All departures whose bookings can be given back again for hours to come.
    private static func departures(
        _ get: ([(path: String, rider: Int)]) async throws -> [(rider: Int, data: Data)]
    ) async throws -> [World.Departure] {
        var found: [World.Departure] = []
        var after = ""
        // Bounded: a server that always has a next page must not hold the driver for ever.
        for _ in 0..<100 {
            guard let answer = try await get([("/v1/departures?limit=200\(after)", 0)]).first else { break }
            let page = try JSONDecoder().decode(Page<World.Departure>.self, from: answer.data)
            found += page.items
            guard let next = page.next else { break }
            after = "&after=\(next)"
        }
        let soon = Date.now.addingTimeInterval(4 * 3600)
        let usable = found.filter { departure in
            guard departure.state == "scheduled", let leaves = try? Date(departure.departsAt, strategy: .iso8601)
            else { return false }
            return leaves > soon
        }
        guard !usable.isEmpty else {
            throw LoadFailure("none of \(found.count) departures can be booked and given back; is this a demo?")
        }
        return usable
    }

    private struct Page<Item: Decodable>: Decodable {
        let items: [Item]
        let next: String?
    }

    private struct Wallet: Decodable {
        let balance: World.Money
    }

    private struct Booking: Decodable {
        let departure: String
    }
}

package import CommandBus

/// What the `seats` topic says of a departure: the whole state, so that the latest is all that a reader needs.
package struct SeatsView: Codable, Sendable {
    package let departure: DepartureID
    package let seatsLeft: Int
    package let capacity: Int
    package let state: DepartureState

    package init(_ departure: DepartureRecord) {
        self.departure = departure.id
        seatsLeft = departure.seats.available
        capacity = departure.seats.capacity
        state = departure.state
    }
}

/// The snapshot of the `seats` topic.
package struct SeatsSnapshot: Codable, Sendable {
    package let departures: [SeatsView]
}

/// The topic on which screens follow the seats.
package enum SeatsFeed {
    package static let name = "seats"

    /// A change of one departure; published by every unit of work that touches its seats or its state.
    package static func change(for departure: DepartureRecord) throws -> FeedChange {
        try FeedChange(
            topic: name, subject: departure.id.raw,
            attributes: ["departure": departure.id.raw, "route": departure.route.raw], version: departure.revision,
            data: SeatsView(departure)
        )
    }

    static func topic<Store: CommandStore>(store: Store) -> FeedTopic where Store.Snapshot: TimetableReads {
        FeedTopic(
            name: name, access: .signedIn, filters: ["departure", "route"],
            summary: "The seats that are left: of all departures that are still to leave, of a route, or of one departure.",
            change: SeatsView.self
        ) { filter, _ in
            try await store.read { snapshot in
                SeatsSnapshot(departures: try departures(filter, in: snapshot).map(SeatsView.init))
            }
        }
    }

    private static func departures(_ filter: FeedFilter, in reads: some TimetableReads) throws -> [DepartureRecord] {
        let route = filter["route"].map(RouteID.init(trusted:))
        guard let id = filter["departure"] else { return try reads.openDepartures(route: route) }
        guard let departure = try reads.departure(DepartureID(trusted: id)), route == nil || departure.route == route else {
            throw Problem.notFound("departure")
        }
        return [departure]
    }
}

package import CommandBus

/// Lists departures in the order of their time.
package enum ListDepartures: Command {
    package struct Input: Codable, Sendable {
        /// One service date; without it, everything that is still to leave.
        package let date: CivilDate?
        package let from: StopID?
        package let to: StopID?
        package let route: RouteID?
        package let limit: PageLimit?
        package let after: PageCursor?
    }
    package typealias Output = Page<DepartureView>

    package static let name = "departures.list"
    package static let route = RESTRoute.get("/v1/departures")
    package static let access = Access.signedIn
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary =
        "Lists departures in the order of their time: those of a service date, or all that are still to leave."
    package static let example = Input(date: nil, from: nil, to: nil, route: nil, limit: nil, after: nil)
}

/// Shows one departure.
package enum ShowDeparture: Command {
    package struct Input: Codable, Sendable {
        package let id: DepartureID
    }
    package typealias Output = DepartureView

    package static let name = "departures.show"
    package static let route = RESTRoute.get("/v1/departures/{id}")
    package static let access = Access.signedIn
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Shows one departure with its stops, its fare and the seats that are left."
    package static let example = Input(id: DepartureID(trusted: "d_0example"))
    package static let problems: [Problem.Code] = [.notFound]
}

extension CommandRegistry where Store.Snapshot: TimetableReads {
    /// Registers the commands that read departures, and the topic of their seats.
    package mutating func registerDepartures() {
        read(ListDepartures.self) { input, context, snapshot in
            let limit = input.limit?.raw ?? 50
            let query = DepartureQuery(
                date: input.date, from: input.from, to: input.to, route: input.route,
                notBefore: input.date == nil ? context.now : nil,
                after: try input.after.map { cursor throws(Problem) in try DepartureQuery.Position(cursor) },
                limit: limit + 1
            )
            let departures = try snapshot.departures(query)
            let views = try DepartureViews(of: departures, in: snapshot)
            return try Page(
                departures, limit: limit,
                cursor: { PageCursor(String($0.departsAt.milliseconds), $0.id.raw) }, item: { try views.view($0) }
            )
        }
        read(ShowDeparture.self) { input, _, snapshot in
            guard let departure = try snapshot.departure(input.id) else { throw Problem.notFound("departure") }
            return try DepartureViews(of: [departure], in: snapshot).view(departure)
        }
        publisher.feeds.register(SeatsFeed.topic(store: store))
    }
}

extension DepartureQuery.Position {
    fileprivate init(_ cursor: PageCursor) throws(Problem) {
        guard cursor.parts.count == 2, let milliseconds = Int64(cursor.parts[0]) else {
            throw .invalid("/after", "must be a cursor that a list returned")
        }
        self.init(departsAt: Timestamp(milliseconds: milliseconds), id: DepartureID(trusted: cursor.parts[1]))
    }
}

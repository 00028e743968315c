import Booking
import CommandBus
import Foundation
import Support
import Testing

@Suite("Departures on the wire")
struct DepartureCommandTests {
    private let booking: BookingFixture
    private var fixture: StoreFixture { booking.fixture }
    private let token = "conductor/a_c"

    init() async throws {
        booking = try await BookingFixture("departures")
    }

    private func add(
        _ name: String, _ hour: Int, seats: Int = 5, day: Int = 0, state: DepartureState = .scheduled
    ) async throws
        -> DepartureRecord
    {
        try await fixture.addDeparture(
            name, seats: seats, leaving: ServiceTime(seconds: hour * 3600),
            on: CivilDate(fixture.clock.now(), in: StoreFixture.zone).adding(days: day), state: state
        )
    }

    private func list(_ input: String = "") async throws -> Page<DepartureView> {
        try await booking.bus.send("departures.list", input, as: token).output()
    }

    @Test("One departure, with everything that a rider wants to know")
    func show() async throws {
        let departure = try await add("one", 18)
        let reply = try await booking.bus.send("departures.show", #"{"id":"\#(departure.id)"}"#, as: token)
        #expect(
            reply.text == """
                {"bus":"bus_one","capacity":5,"departsAt":"2026-11-24T18:00:00+05:30","direction":"outbound",\
                "fare":{"amount":2000,"currency":"INR"},"from":"stop_gate","headsign":"Lake","id":"\(departure.id)",\
                "route":"r_line","routeName":"Campus line","seatsLeft":5,"serviceDate":"2026-11-24","state":"scheduled",\
                "stops":[{"arrivesAt":"2026-11-24T18:00:00+05:30","departsAt":"2026-11-24T18:00:00+05:30","id":"stop_gate",\
                "name":"Main gate"},{"arrivesAt":"2026-11-24T18:20:00+05:30","departsAt":"2026-11-24T18:20:00+05:30",\
                "id":"stop_lake","name":"Lake"}],"to":"stop_lake"}
                """
        )
        #expect(
            try await booking.bus.send("departures.show", #"{"id":"d_none"}"#, as: token).problem?.detail
                == "There is no such departure.")
        #expect(try await booking.bus.send("departures.show", #"{"id":"\#(departure.id)"}"#).code == "not_signed_in")
    }

    @Test("A time after midnight belongs to the service date before")
    func afterMidnight() async throws {
        let night = try await add("night", 25)
        let view: DepartureView = try await booking.bus.send("departures.show", #"{"id":"\#(night.id)"}"#, as: token)
            .output()
        #expect(view.serviceDate.description == "2026-11-24")
        #expect(view.departsAt.description == "2026-11-25T01:00:00+05:30")
        #expect(try await list(#"{"date":"2026-11-24"}"#).items.map(\.id) == [night.id])
        #expect(try await list(#"{"date":"2026-11-25"}"#).items.isEmpty)
    }

    @Test("The seats that are left follow the bookings")
    func seatsLeft() async throws {
        let departure = try await add("one", 18)
        let rider = try await fixture.addRider("one")
        let view: BookingView = try await booking.book(departure, as: rider).output()
        #expect(try await list().items.map(\.seatsLeft) == [4])
        _ = try await booking.cancel(view.id, as: rider)
        #expect(try await list().items.map(\.seatsLeft) == [5])
    }

    @Test("Without a date, what is still to leave in the order of its time; with one, the whole day")
    func order() async throws {
        let (late, early, gone) = (try await add("late", 20), try await add("early", 14), try await add("gone", 9))
        let tomorrow = try await add("tomorrow", 6, day: 1)
        let cancelled = try await add("cancelled", 16, state: .cancelled)
        #expect(try await list().items.map(\.id) == [early.id, cancelled.id, late.id, tomorrow.id])
        #expect(try await list(#"{"date":"2026-11-24"}"#).items.map(\.id) == [gone.id, early.id, cancelled.id, late.id])
        #expect(try await list(#"{"date":"2026-11-25"}"#).items.map(\.id) == [tomorrow.id])
        #expect(try await list(#"{"date":"2026-11-26"}"#).items.isEmpty)
        #expect(try await list().items.map(\.state).contains(.cancelled))
    }

    @Test(
        "By first stop, last stop and route",
        arguments: [
            (#"{"from":"stop_gate"}"#, 1), (#"{"from":"stop_lake"}"#, 0), (#"{"to":"stop_lake"}"#, 1),
            (#"{"to":"stop_gate"}"#, 0),
            (#"{"route":"r_line"}"#, 1), (#"{"route":"r_other"}"#, 0),
            (#"{"from":"stop_gate","to":"stop_lake","route":"r_line","date":"2026-11-24"}"#, 1),
            (#"{"from":"stop_gate","to":"stop_lake","route":"r_line","date":"2026-11-25"}"#, 0),
        ])
    func narrowed(input: String, count: Int) async throws {
        _ = try await add("one", 18)
        #expect(try await list(input).items.count == count)
    }

    @Test("Pages that follow each other hold everything once", arguments: [1, 2, 3, 7])
    func pages(limit: Int) async throws {
        // Three that leave at the same instant among them.
        for (name, hour) in [("a", 14), ("b", 15), ("c", 15), ("d", 15), ("e", 16), ("f", 17)] {
            _ = try await add(name, hour)
        }
        let all = try await list().items.map(\.id)
        #expect(all.count == 6)
        for date in ["", #","date":"2026-11-24""#] {
            var found: [DepartureID] = []
            var after = ""
            while true {
                let page = try await list(#"{"limit":\#(limit)\#(date)\#(after)}"#)
                found += page.items.map(\.id)
                guard let next = page.next else { break }
                after = #","after":"\#(next.raw)""#
            }
            #expect(found == all)
        }
    }

    @Test("What is no date, no cursor and no field is named at once")
    func invalid() async throws {
        let reply = try await booking.bus.send(
            "departures.list", #"{"date":"24.11.2026","after":"***","limit":1000,"form":"stop_gate"}"#, as: token
        )
        #expect(
            reply.violations == [
                "/date must be a date like 2026-11-24", "/limit must be from 1 to 200",
                "/after must be a cursor that a list returned", "/form is not a known field",
            ]
        )
        let other = #"{"after":"\#(PageCursor("b_1").raw)"}"#
        #expect(
            try await booking.bus.send("departures.list", other, as: token).violations == [
                "/after must be a cursor that a list returned"
            ])
    }

    @Test("The snapshot of the seats: all that is to leave, a route, or one departure")
    func snapshots() async throws {
        let (one, two) = (try await add("one", 18), try await add("two", 19, seats: 7))
        let boarding = try await add("boarding", 13, state: .boarding)
        let gone = try await add("gone", 9, state: .departed)
        func snapshot(_ filter: [String: String]) async throws -> [DepartureID] {
            let reader = FeedReader()
            _ = try await fixture.feeds.subscribe(
                to: "seats", filter: FeedFilter(filter), since: nil,
                principal: NamedTokens.principal(.rider, AccountID(trusted: "a_1")), via: .sse, sink: reader
            )
            let event = try #require(try await reader.first(1).first)
            return try WireJSON.decode(SeatsSnapshot.self, from: event.data).departures.map(\.departure)
        }
        #expect(try await snapshot([:]) == [boarding.id, one.id, two.id])
        #expect(try await snapshot(["route": "r_line"]) == [boarding.id, one.id, two.id])
        #expect(try await snapshot(["route": "r_other"]) == [])
        #expect(try await snapshot(["departure": two.id.raw]) == [two.id])
        #expect(try await snapshot(["departure": gone.id.raw]) == [gone.id], "one that has left can still be asked for")
        #expect(try await snapshot(["departure": two.id.raw, "route": "r_line"]) == [two.id])
        for filter in [["departure": "d_none"], ["departure": two.id.raw, "route": "r_other"]] {
            let problem = await #expect(throws: Problem.self) { _ = try await snapshot(filter) }
            #expect(problem?.code == .notFound)
        }
        let anonymous = await #expect(throws: Problem.self) {
            _ = try await fixture.feeds.subscribe(
                to: "seats", filter: FeedFilter(), since: nil, principal: nil, via: .sse, sink: FeedReader()
            )
        }
        #expect(anonymous?.code == .notSignedIn)
    }
}

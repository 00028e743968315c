import Booking
import CommandBus
import Support
import Testing

@Suite("One's own bookings")
struct ListBookingsTests {
    private let booking: BookingFixture
    private let rider: AccountID

    init() async throws {
        booking = try await BookingFixture("list")
        rider = try await booking.fixture.addRider("one")
        let second = try await booking.fixture.addRider("two")
        for number in 0..<5 {
            booking.fixture.clock.advance(seconds: 1)
            let departure = try await booking.fixture.addDeparture("\(number)", seats: 5, fare: Int64(100 + number))
            let view = try await booking.book(departure, as: rider).output(BookingView.self)
            _ = try await booking.book(departure, as: second)
            if number == 1 { _ = try await booking.cancel(view.id, as: rider) }
        }
    }

    private func list(_ input: String) async throws -> Page<BookingView> {
        try await booking.bus.send("bookings.list", input, as: "rider/\(rider)").output()
    }

    @Test("The newest first, and nobody else's")
    func all() async throws {
        let page = try await list("")
        #expect(page.items.map(\.fare.amount) == [104, 103, 102, 101, 100])
        #expect(page.items.allSatisfy { $0.rider == rider })
        #expect(page.next == nil)
    }

    @Test("Only those in a state")
    func states() async throws {
        #expect(try await list(#"{"state":"cancelled"}"#).items.map(\.fare.amount) == [101])
        #expect(try await list(#"{"state":"booked"}"#).items.map(\.fare.amount) == [104, 103, 102, 100])
        #expect(try await list(#"{"state":"no_show"}"#).items.isEmpty)
        let reply = try await booking.bus.send("bookings.list", #"{"state":"lost"}"#, as: "rider/\(rider)")
        #expect(reply.violations == ["/state must be one of: booked, boarded, no_show, cancelled"])
    }

    @Test("Pages that follow each other hold everything once", arguments: [1, 2, 4, 5, 6])
    func pages(limit: Int) async throws {
        var found: [Int64] = []
        var after = ""
        while true {
            let page = try await list(#"{"limit":\#(limit)\#(after)}"#)
            #expect(page.items.count <= limit)
            found += page.items.map(\.fare.amount)
            guard let next = page.next else { break }
            after = #","after":"\#(next.raw)""#
        }
        #expect(found == [104, 103, 102, 101, 100])
    }

    @Test("A cursor of another list is refused")
    func cursor() async throws {
        let reply = try await booking.bus.send(
            "bookings.list", #"{"after":"\#(PageCursor("1", "d_1").raw)"}"#, as: "rider/\(rider)"
        )
        #expect(reply.violations == ["/after must be a cursor that a list returned"])
    }

    @Test("One of them, as it was when it was made")
    func show() async throws {
        for view in try await list("").items {
            let shown = try await booking.bus.send("bookings.show", #"{"id":"\#(view.id)"}"#, as: "rider/\(rider)")
            #expect(try shown.output(BookingView.self).bookedAt == view.bookedAt)
            #expect(shown.body == (try WireJSON.encode(view)))
        }
    }
}

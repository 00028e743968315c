import Foundation
import Support
import Testing

extension EndToEnd {
    /// A seat booked on a running server, by each transport, while screens on both watch it go.
    @Suite(.timeLimit(.minutes(2)))
    struct FirstBooking {
        @Test("A seat booked over REST goes on every screen, and is given back")
        func overREST() async throws {
            try await EndToEnd.onDemo("book-rest") { demo in
                try await walk(demo, first: try demo.rest(1), other: try await demo.socket(1))
            }
        }

        @Test("A seat booked over a socket goes on every screen, and is given back")
        func overSocket() async throws {
            try await EndToEnd.onDemo("book-socket") { demo in
                try await walk(demo, first: try await demo.socket(1), other: try demo.rest(1))
            }
        }

        /// Books by one door, repeats by the other, and watches by both feeds.
        private func walk(_ demo: Demo, first: any Door, other: any Door) async throws {
            let found = try await demo.departures()
            let bus = try #require(found.first { $0.seatsLeft > 5 && $0.fare == 2000 }, "the demo has no free bus")
            let next = try #require(found.first { $0.id != bus.id && $0.seatsLeft > 5 })
            let stream = try await SeatsStream.open(demo.server, token: try demo.rider(2), departure: bus.id)
            let screen = try await demo.socket(3)
            try await screen.subscribe(toSeatsOf: bus.id)
            for snapshot in [try await stream.next(), try await screen.nextEvent()] {
                #expect(snapshot.kind == "snapshot")
                #expect(snapshot.data["departures"].array.count == 1)
                #expect(snapshot.data["departures"][0]["seatsLeft"].int == bus.seatsLeft)
            }
            #expect(try await first.send(.wallet).json["balance"]["amount"].int == 40_000)

            let booked = try await first.send(.book(bus.id), key: "first")
            #expect(booked.status == 201)
            #expect(booked.json["departure"].string == bus.id)
            #expect(booked.json["state"].string == "booked")
            #expect(booked.json["fare"]["amount"].int == 2000)
            #expect(booked.json["charge"].string != nil)
            let booking = try #require(booked.json["id"].string)
            try await expectSeats(bus.seatsLeft - 1, at: booked.position, bus, stream, screen)

            // The same key is the same effect, whatever carries it.
            for door in [other, first] {
                let again = try await door.send(.book(bus.id), key: "first")
                #expect(again.status == 201)
                #expect(again.body == booked.body)
                let reused = try await door.send(.book(next.id), key: "first")
                #expect(reused.status == 422)
                #expect(reused.code == "idempotency_key_reused")
                let keyless = try await door.send(.book(next.id))
                #expect(keyless.status == 400)
                #expect(keyless.code == "idempotency_key_required")
                let twice = try await door.send(.book(bus.id), key: "second-\(door is RESTDoor)")
                #expect(twice.status == 409)
                #expect(twice.code == "already_booked")
                #expect(try await door.send(.wallet).json["balance"]["amount"].int == 38_000)
                let list = try await door.send(.bookings)
                #expect(list.json["items"].array.map { $0["id"].string } == [booking])
                #expect(try await door.send(.booking(booking)).body == booked.body)
                #expect(try await door.send(.departure(bus.id)).json["seatsLeft"].int == bus.seatsLeft - 1)
            }

            let cancelled = try await other.send(.cancel(booking), key: "back")
            #expect(cancelled.status == 200)
            #expect(cancelled.json["state"].string == "cancelled")
            #expect(cancelled.json["refund"].string != nil)
            try await expectSeats(bus.seatsLeft, at: cancelled.position, bus, stream, screen)
            #expect(try await first.send(.cancel(booking), key: "back").body == cancelled.body)
            #expect(try await first.send(.cancel(booking), key: "back again").status == 400, "a key has no spaces")
            #expect(try await first.send(.cancel(booking), key: "back-again").code == "not_cancellable")
            #expect(try await first.send(.wallet).json["balance"]["amount"].int == 40_000)
            await stream.close()
            await screen.close()
        }

        /// Both screens get the same change, under the position that the command answered with.
        private func expectSeats(
            _ seats: Int, at position: String?, _ bus: Departure, _ stream: SeatsStream, _ screen: SocketDoor
        ) async throws {
            let (one, two) = (try await stream.next(), try await screen.nextEvent())
            #expect(one.kind == "change")
            #expect(one.position == position)
            #expect(one.data["departure"].string == bus.id)
            #expect(one.data["seatsLeft"].int == seats)
            #expect(one.data["capacity"].int == bus.capacity)
            #expect(one == two)
        }

        @Test("A screen that lost its socket goes on over SSE where it was, and the other way round")
        func resumeElsewhere() async throws {
            try await EndToEnd.onDemo("resume") { demo in
                let bus = try #require(try await demo.departures().first { $0.seatsLeft > 5 })
                let screen = try await demo.socket(3)
                try await screen.subscribe(toSeatsOf: bus.id)
                let seen = try #require(try await screen.nextEvent().position)
                await screen.close()
                let booked = try await demo.rest(1).send(.book(bus.id), key: "a")

                let stream = try await SeatsStream.open(
                    demo.server, token: try demo.rider(3), departure: bus.id, since: seen
                )
                let missed = try await stream.next()
                #expect(missed.kind == "change")
                #expect(missed.position == booked.position)
                await stream.close()

                let later = try await demo.rest(2).send(.book(bus.id), key: "b")
                let back = try await demo.socket(3)
                try await back.subscribe(toSeatsOf: bus.id, since: missed.position)
                let last = try await back.nextEvent()
                #expect(last.kind == "change")
                #expect(last.position == later.position)
                #expect(last.data["seatsLeft"].int == bus.seatsLeft - 2)
                await back.close()

                // A cursor of another life is no cursor: told so, then everything.
                let strange = try await SeatsStream.open(
                    demo.server, token: try demo.rider(3), departure: bus.id, since: "zzz.4"
                )
                #expect(try await strange.next().kind == "gap")
                #expect(try await strange.next().kind == "snapshot")
                await strange.close()
            }
        }
    }
}

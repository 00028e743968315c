import Booking
import CommandBus
import Foundation
import Storage
import Support
import Testing
import Wallet

@testable import Gateway

/// What a window that has closed, or a shut server, does and does not refuse.
@Suite(.serialized)
struct ClosedDoorTests {
    @Test("An answer that was given before the window closed is given again after it; nothing new is begun")
    func replayAfterTheWindow() async throws {
        try await RunningGateway.with(flags: ["windows.force": "none"]) { gateway in
            let bus = gateway.core.bus
            let (rider, other) = (gateway.tokens["rider1@demo.test"], gateway.tokens["rider2@demo.test"])
            let open = try #require(Timestamp("2026-11-24T21:59:50+05:30"))
            gateway.clock.set(open)
            let departures = try await gateway.core.store.read { snapshot in
                try snapshot.departures(DepartureQuery(notBefore: open.adding(seconds: 86_400), limit: 1))
            }
            let input = #"{"departure":"\#(try #require(departures.first).id)"}"#
            let booked = try await bus.send("bookings.create", input, as: rider, key: "k")
            #expect(booked.status == 201)

            gateway.clock.advance(seconds: 60)
            let again = try await bus.send("bookings.create", input, as: rider, key: "k")
            #expect(again.body == booked.body)
            #expect(again.isReplay)
            for key in ["new", nil] {
                let refused = try await bus.send("bookings.create", input, as: other, key: key)
                #expect(refused.code == "window_closed")
                #expect(refused.retryAfter != nil)
            }

            // The refusal was no first answer: when the window opens, the same key books.
            gateway.clock.set(try #require(Timestamp("2026-11-25T13:00:00+05:30")))
            #expect(try await bus.send("bookings.create", input, as: other, key: "new").status == 201)
        }
    }

    @Test("In maintenance feeds are shut like commands, but for the one that tells of it")
    func feedsInMaintenance() async throws {
        try await RunningGateway.with { gateway in
            let staff = try #require(gateway.tokens["developer@demo.test"])
            let shut = try await gateway.core.bus.send("maintenance.set", #"{"on":true,"reason":"Snow"}"#, as: staff)
            #expect(shut.status == 200)
            let headers = [("Authorization", "Bearer \(staff)")]
            let seats = try await HTTPTestClient.once(port: gateway.port, "GET", "/v1/feeds/seats", headers: headers)
            #expect(seats.status == 503)
            #expect(seats["retry-after"] != nil)
            #expect(seats.text.contains("Snow"))
            let client = try await HTTPTestClient.connect(port: gateway.port)
            let stream = try await client.stream("/v1/feeds/maintenance", headers: headers)
            #expect(stream.head.status == 200)
            client.close()
        }
    }

    @Test("A ledger is not carried on in another currency")
    func otherCurrency() async throws {
        try await RunningGateway.with { gateway in
            let euros = Ledger(currency: CurrencyCode(trusted: "EUR"), welcomeCredit: 0)
            let context = CommandContext.system("test", now: gateway.clock.now(), random: gateway.core.random)
            await #expect(throws: LedgerFault.self) {
                try await gateway.core.runner.run(context) { work in try euros.openOperatorAccounts(in: work.tx) }
            }
            await #expect(throws: LedgerFault.self) {
                try await gateway.core.runner.run(context) { work in
                    _ = try gateway.core.ledger.move(
                        Money(amount: 1, currency: CurrencyCode(trusted: "EUR")), from: .grants, to: .fares, kind: .fare,
                        reference: "b_x", in: work
                    )
                }
            }
        }
    }
}

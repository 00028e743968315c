import Booking
import CommandBus
import Foundation
import Storage
import Support

@testable import Gateway

/// One good use of every command, and the conflicts that their rules know.
enum ParityScenario {
    /// - Parameter gateway: one of the two servers; what is found in it is the same in the other.
    static func cases(_ gateway: RunningGateway) async throws -> [ParityCase] {
        let departures = try await gateway.core.store.read { snapshot in
            try snapshot.departures(.init(notBefore: gateway.clock.now().adding(seconds: 86_400), limit: 2))
        }
        guard departures.count == 2 else { return [] }
        let (first, second) = (JSONValue.string(departures[0].id.raw), JSONValue.string(departures[1].id.raw))
        let rider = "rider1@demo.test"
        let staff = "developer@demo.test"
        return [
            ParityCase("health.live", "good", as: nil, .object([:]), status: 200),
            ParityCase("health.ready", "good", as: nil, .object([:]), status: 200),
            ParityCase("windows.show", "good", as: nil, .object([:]), status: 200),
            ParityCase("maintenance.show", "good", as: nil, .object([:]), status: 200),
            ParityCase("feeds.transport.show", "good", as: nil, .object([:]), status: 200),
            ParityCase("feeds.ticket", "good", as: rider, .object([:]), status: 201),
            ParityCase("session.show", "good", as: rider, .object([:]), status: 200),
            ParityCase("departures.list", "good", as: rider, .object(["limit": .integer(3)]), status: 200),
            ParityCase("departures.list", "one too many", as: rider, .object(["limit": .integer(201)]), status: 422),
            ParityCase("departures.show", "good", as: rider, .object(["id": first]), status: 200),
            ParityCase("departures.show", "no such", as: rider, .object(["id": .string("d_none")]), status: 404),
            ParityCase(
                "bookings.create", "good", as: rider, .object(["departure": first]), key: "scenario-book", status: 201,
                keeps: ["booking": "id"]),
            ParityCase(
                "bookings.create", "again, same key", as: rider, .object(["departure": first]), key: "scenario-book",
                status: 201),
            ParityCase(
                "bookings.create", "same key, other input", as: rider, .object(["departure": second]), key: "scenario-book",
                status: 422),
            ParityCase(
                "bookings.create", "booked already", as: rider, .object(["departure": first]), key: "k2", status: 409),
            ParityCase(
                "bookings.create", "the refusal again", as: rider, .object(["departure": first]), key: "k2", status: 409),
            ParityCase(
                "bookings.create", "no such departure", as: rider, .object(["departure": .string("d_none")]), key: "k3",
                status: 404),
            ParityCase("bookings.list", "good", as: rider, .object(["state": .string("booked")]), status: 200),
            ParityCase("bookings.show", "good", as: rider, .object(["id": .string("{booking}")]), status: 200),
            ParityCase(
                "bookings.show", "somebody else's", as: "rider2@demo.test", .object(["id": .string("{booking}")]),
                status: 404),
            ParityCase("wallet.show", "good", as: rider, .object([:]), status: 200),
            ParityCase("wallet.transactions", "good", as: rider, .object(["limit": .integer(1)]), status: 200),
            ParityCase("bookings.cancel", "good", as: rider, .object(["id": .string("{booking}")]), key: "k4", status: 200),
            ParityCase(
                "bookings.cancel", "cancelled already", as: rider, .object(["id": .string("{booking}")]), key: "k5",
                status: 409),
            ParityCase("maintenance.set", "no reason", as: staff, .object(["on": .boolean(true)]), key: "m1", status: 422),
            ParityCase(
                "maintenance.set", "good", as: staff,
                .object(["on": .boolean(true), "reason": .string("Moving to a new depot")]), key: "m2", status: 200
            ),
            ParityCase("wallet.show", "in maintenance", as: rider, .object([:]), status: 503),
            ParityCase("health.ready", "in maintenance", as: nil, .object([:]), status: 503),
            ParityCase(
                "maintenance.set", "over", as: staff, .object(["on": .boolean(false), "reason": "Mended."]), key: "m3",
                status: 200),
        ] + ParityAccounts.cases
    }
}

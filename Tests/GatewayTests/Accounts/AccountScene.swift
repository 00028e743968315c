import Auth
import Booking
import CommandBus
import Cryptography
import Foundation
import Storage
import Support
import Testing
import Wallet

@testable import Gateway

/// A demo server, and what the tests of accounts do with its riders.
struct AccountScene {
    let gateway: RunningGateway

    static func email(_ number: Int) -> String { "rider\(number)@demo.test" }

    func token(_ email: String) throws -> String { try #require(gateway.tokens[email]) }

    func send(
        _ command: String, _ input: [String: String] = [:], as email: String, key: String? = nil
    ) async throws -> CommandReply {
        try await gateway.core.bus.send(
            command, String(decoding: try WireJSON.encode(input), as: UTF8.self), as: try token(email), key: key
        )
    }

    /// Departures of tomorrow with seats left.
    func departures(_ limit: Int) async throws -> [DepartureRecord] {
        let now = gateway.clock.now()
        let found = try await gateway.core.store.read {
            try $0.departures(.init(notBefore: now.adding(seconds: 86_400), limit: 50))
        }
        return Array(found.filter { $0.state == .scheduled && $0.seats.available >= 20 }.prefix(limit))
    }

    /// Makes the rides of a departure free.
    func makeFree(_ departure: DepartureRecord) async throws {
        try await work { work in
            _ = try work.tx.update(
                DepartureRecord(
                    id: departure.id, bus: departure.bus, route: departure.route, serviceDate: departure.serviceDate,
                    departsAt: departure.departsAt, seats: departure.seats,
                    fare: Money(amount: 0, currency: departure.fare.currency), state: departure.state
                )
            )
        }
    }

    func book(_ departure: DepartureRecord, as email: String, key: String = "book") async throws -> CommandReply {
        try await send("bookings.create", ["departure": departure.id.raw], as: email, key: key)
    }

    /// Lets the session of an account use one command that asks for a step-up.
    func stepUp(_ purpose: StepUpPurpose, as email: String) async throws {
        let digest = try #require(SecretToken.digest(ofShown: try token(email)))
        let session = try #require(try await gateway.core.store.read { try $0.session(token: digest) })
        try await work { work in
            try work.tx.put(
                StepUp(
                    session: session.id, purpose: purpose, account: session.account,
                    expiresAt: work.context.now.adding(seconds: 300)
                )
            )
        }
    }

    func work(_ body: @escaping @Sendable (Work<SuiteTransaction>) throws -> Void) async throws {
        let (clock, random) = (gateway.clock, gateway.core.random)
        try await gateway.core.runner.run(.system("test", now: clock.now(), random: random), body)
    }

    func account(_ email: String) async throws -> Account {
        let address = EmailAddress(trusted: email)
        return try #require(try await gateway.core.store.read { try $0.account(email: address) })
    }

    /// What all checks find.
    func findings() async throws -> [String] {
        try await gateway.core.store.read { try Verification.run($0).findings }
    }
}

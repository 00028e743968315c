import CommandBus
import Support
import Testing

@Suite("The chain asks in one order")
struct ChainOrderTests {
    /// A call with everything wrong is put right one thing at a time: each gate speaks only when those before it are
    /// content, and those behind it have not been asked.
    @Test("Maintenance, sign-in, rate, role, window, input, key")
    func order() async throws {
        let fixture = try await StoreFixture("chain")
        let maintenance = MaintenanceSwitch(MaintenanceState(on: true, reason: "Washing day.", since: fixture.clock.now()))
        // One call a second; the fixture's clock stands at noon, and nothing opens before one o'clock.
        let buckets = TokenBuckets(rates: [.write: Rate(perSecond: 1, burst: 1)])
        let plan = DailyPlan(
            times: .init(queueingFrom: 0, queueingUntil: 1, ticketingFrom: 780, ticketingUntil: 1320),
            zone: StoreFixture.zone
        )
        let bus = fixture.bus(limiter: buckets, windows: plan, maintenance: maintenance) { $0.registerTestCommands() }
        for role in [Role.conductor, .rider] {
            let subject = RateSubject.account(AccountID(trusted: "a_\(role)"))
            #expect(await buckets.admit(subject, .write, at: fixture.clock.now()) == nil)
        }
        let (conductor, rider) = ("conductor/a_conductor", "rider/a_rider")

        #expect(try await bus.send("gauntlet.run", "{}", as: "nobody").code == "maintenance")
        maintenance.set(.off)
        #expect(try await bus.send("gauntlet.run", "{}", as: "nobody").code == "not_signed_in")
        #expect(try await bus.send("gauntlet.run", "{}", as: conductor).code == "too_many_requests")
        fixture.clock.advance(seconds: 1)
        #expect(try await bus.send("gauntlet.run", "{}", as: conductor).code == "not_allowed")
        #expect(try await bus.send("gauntlet.run", "{}", as: rider).code == "window_closed")
        fixture.clock.advance(seconds: 3600)
        #expect(try await bus.send("gauntlet.run", "{}", as: rider).code == "invalid_input")
        fixture.clock.advance(seconds: 1)
        #expect(try await bus.send("gauntlet.run", Gauntlet.goodInput, as: rider).code == "idempotency_key_required")
        fixture.clock.advance(seconds: 1)
        #expect(
            try await bus.send("gauntlet.run", Gauntlet.goodInput, as: rider, key: "two words").code == "malformed_request")
        fixture.clock.advance(seconds: 1)
        let reply = try await bus.send("gauntlet.run", Gauntlet.goodInput, as: rider, key: "k1")
        #expect(reply.status == 201)
    }

    @Test("A refusal at one gate costs nothing at those behind it")
    func refusalsAreFree() async throws {
        let fixture = try await StoreFixture("chain")
        let maintenance = MaintenanceSwitch(MaintenanceState(on: true, reason: "", since: nil))
        let buckets = TokenBuckets(rates: [.read: Rate(perSecond: 1, burst: 1)])
        let bus = fixture.bus(limiter: buckets, maintenance: maintenance) { $0.registerTestCommands() }
        for _ in 0..<3 { #expect(try await bus.send("whoami", as: "rider/a_1").code == "maintenance") }
        maintenance.set(.off)
        for _ in 0..<3 { #expect(try await bus.send("whoami", as: "nobody").code == "not_signed_in") }
        #expect(try await bus.send("whoami", as: "rider/a_1").status == 200)
        #expect(try await bus.send("whoami", as: "rider/a_1").code == "too_many_requests")
    }
}

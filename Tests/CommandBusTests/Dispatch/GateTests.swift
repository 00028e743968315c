import CommandBus
import Foundation
import Support
import Testing

@Suite("Each gate of the chain")
struct GateTests {
    private let fixture: StoreFixture
    private let maintenance = MaintenanceSwitch()

    init() async throws {
        fixture = try await StoreFixture("gates")
    }

    private func bus(
        limiter: any RateLimiter = TokenBuckets(rates: [:]), windows: (any WindowClock)? = nil
    ) -> CommandBus {
        fixture.bus(limiter: limiter, windows: windows, maintenance: maintenance) { $0.registerTestCommands() }
    }

    @Test("In maintenance all but the chosen commands are shut, with the reason")
    func shut() async throws {
        let bus = bus()
        maintenance.set(MaintenanceState(on: true, reason: "New tyres.", since: fixture.clock.now()))
        let reply = try await bus.send("whoami", as: "rider/a_1")
        #expect(reply.status == 503)
        #expect(reply.problem?.detail == "New tyres.")
        #expect(reply.problem?.retry == "same_key")
        #expect(reply.retryAfter == 60)
        #expect(try await bus.send("ping").status == 200)
        maintenance.set(MaintenanceState(on: true, reason: "", since: nil))
        #expect(try await bus.send("whoami").problem?.detail == "The server is in maintenance.")
        maintenance.set(.off)
        #expect(try await bus.send("whoami", as: "rider/a_1").status == 200)
    }

    @Test(
        "A token that is sent must be good, even where none is needed",
        arguments: [
            ("nobody", "not_signed_in"), ("expired", "session_expired"), ("replaced", "session_replaced"),
            ("", "not_signed_in"),
        ])
    func badToken(token: String, code: String) async throws {
        for command in ["ping", "whoami"] {
            let reply = try await bus().send(command, as: token)
            #expect(reply.status == 401)
            #expect(reply.code == code)
        }
    }

    @Test("Without a token one is nobody")
    func anonymous() async throws {
        #expect(try await bus().send("ping").text == #"{"signedIn":false}"#)
        #expect(try await bus().send("ping", as: "rider/a_1").text == #"{"signedIn":true}"#)
        #expect(try await bus().send("whoami").code == "not_signed_in")
        #expect(try await bus().send("gauntlet.run", Gauntlet.goodInput, key: "k").code == "not_signed_in")
    }

    @Test(
        "Only the roles of a command may use it",
        arguments: [
            (Role.rider, 201), (.developer, 201), (.conductor, 403), (.godAdmin, 403),
        ])
    func roles(role: Role, status: Int) async throws {
        let reply = try await bus().send("gauntlet.run", Gauntlet.goodInput, as: "\(role.rawValue)/a_1", key: "k")
        #expect(reply.status == status)
        if status == 403 { #expect(reply.problem?.detail == "The role '\(role.rawValue)' may not use gauntlet.run.") }
    }

    @Test("The signed-in pay from their account, the others from their address")
    func rateSubjects() async throws {
        let rate = Rate(perSecond: 0.5, burst: 2)
        let bus = bus(limiter: TokenBuckets(rates: [.read: rate]))
        for address in ["192.0.2.1", "192.0.2.2"] {
            #expect(try await bus.send("whoami", as: "rider/a_1", address: address).status == 200)
        }
        let refused = try await bus.send("whoami", as: "rider/a_1", address: "192.0.2.3")
        #expect(refused.status == 429)
        #expect(refused.retryAfter == 2)
        #expect(refused.problem?.detail == "Too many requests. Come back in 2 s.")
        #expect(refused.problem?.retry == "after")
        // Another account at the same address is not held up, nor is an anonymous call.
        #expect(try await bus.send("whoami", as: "rider/a_2", address: "192.0.2.3").status == 200)
        for _ in 0..<2 { #expect(try await bus.send("whoami", address: "192.0.2.1").code == "not_signed_in") }
        #expect(try await bus.send("whoami", address: "192.0.2.1").code == "too_many_requests")
        #expect(try await bus.send("whoami", address: "192.0.2.9").code == "not_signed_in")
    }

    @Test("What is free is never limited")
    func free() async throws {
        let bus = bus(limiter: TokenBuckets(rates: [.free: Rate(perSecond: 0.001, burst: 1)]))
        for _ in 0..<5 { #expect(try await bus.send("ping").status == 200) }
    }

    @Test("Outside of its windows a command says when they open")
    func windows() async throws {
        let times = DailyPlan.Times(queueingFrom: 600, queueingUntil: 700, ticketingFrom: 780, ticketingUntil: 1320)
        let bus = bus(windows: DailyPlan(times: times, zone: StoreFixture.zone))
        let reply = try await bus.send("gauntlet.run", Gauntlet.goodInput, as: "rider/a_1", key: "k")
        #expect(reply.status == 409)
        #expect(
            reply.problem?.detail
                == "This is possible only while queueing or ticketing is open, next at 2026-11-24T13:00:00+05:30."
        )
        #expect(reply.retryAfter == 3600)
        fixture.clock.advance(seconds: 3600)
        #expect(try await bus.send("gauntlet.run", Gauntlet.goodInput, as: "rider/a_1", key: "k").status == 201)
    }

    @Test("A forced state has no end that could be told")
    func forcedWindows() async throws {
        let times = DailyPlan.Times(queueingFrom: 600, queueingUntil: 780, ticketingFrom: 780, ticketingUntil: 1320)
        let bus = bus(windows: DailyPlan(times: times, zone: StoreFixture.zone, forced: [.waiting]))
        let reply = try await bus.send("gauntlet.run", Gauntlet.goodInput, as: "rider/a_1", key: "k")
        #expect(reply.code == "window_closed")
        #expect(reply.problem?.detail == "This is possible only while queueing or ticketing is open.")
        #expect(reply.retryAfter == nil)
    }

    @Test("An empty body is an empty object")
    func emptyBody() async throws {
        #expect(try await bus().send("ping", "").status == 200)
        #expect(try await bus().send("ping", "{}").status == 200)
        #expect(try await bus().send("ping", "[]").code == "invalid_input")
        #expect(try await bus().send("ping", "{").code == "malformed_json")
        #expect(try await bus().send("ping", #"{"a":1}"#).violations == ["/a is not a known field"])
        let reply = try await bus().send("gauntlet.run", "", as: "rider/a_1", key: "k")
        #expect(reply.violations == ["/id is required", "/count is required"])
    }

    @Test(
        "An idempotency key is 1 to 255 visible ASCII characters",
        arguments: [
            ("k", true), ("01J-x_.:~!", true), (String(repeating: "k", count: 255), true),
            (String(repeating: "k", count: 256), false),
            ("", false), (" ", false), ("a b", false), ("a\tb", false), ("a\u{0}", false), ("clé", false),
            ("a\u{7F}", false),
        ])
    func keys(key: String, isGood: Bool) async throws {
        let reply = try await bus().send("gauntlet.run", Gauntlet.goodInput, as: "rider/a_1", key: key)
        #expect(reply.status == (isGood ? 201 : 400))
        if !isGood {
            #expect(reply.code == "malformed_request")
            #expect(reply.problem?.detail == "The idempotency key must have 1 to 255 visible ASCII characters.")
        }
        // Where a key means nothing it is not looked at; where it may be sent it must be good.
        #expect(try await bus().send("ping", key: key).status == 200)
        #expect(try await bus().send("whoami", as: "rider/a_1", key: key).status == (isGood ? 200 : 400))
    }

    @Test("A handler knows its call")
    func context() async throws {
        let bus = bus()
        let reply = try await bus.send(
            "gauntlet.run", Gauntlet.goodInput, as: "rider/a_7", key: "k7", address: "2001:db8::1", trace: "t7"
        )
        #expect(
            try reply.output(Gauntlet.Output.self)
                == Gauntlet.Output(
                    account: AccountID(trusted: "a_7"), key: "k7", address: "2001:db8::1", trace: "t7",
                    now: fixture.clock.now()
                )
        )
    }
}

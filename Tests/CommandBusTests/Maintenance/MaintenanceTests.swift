import CommandBus
import Foundation
import Support
import Testing

@Suite("The switch of maintenance")
struct MaintenanceTests {
    private let fixture: StoreFixture
    private let maintenance = MaintenanceSwitch()
    private let bus: CommandBus
    private let developer = "developer/a_dev"

    init() async throws {
        fixture = try await StoreFixture("maintenance")
        try await fixture.addStaff(.developer, "dev")
        try await fixture.addStaff(.godAdmin, "g")
        let maintenance = maintenance
        bus = fixture.bus(maintenance: maintenance) { registry in
            registry.registerMaintenance(maintenance)
            registry.registerTestCommands()
            registry.registerHealth()
        }
    }

    @Test("It shuts, and opens again")
    func shutAndOpen() async throws {
        #expect(try await bus.send("maintenance.show").text == #"{"level":"open","on":false,"reason":""}"#)
        let reply = try await bus.send("maintenance.set", #"{"on":true,"reason":" New tyres. "}"#, as: developer)
        #expect(reply.text == #"{"level":"shut","on":true,"reason":"New tyres.","since":"2026-11-24T12:00:00+05:30"}"#)
        #expect(maintenance.current.on)
        #expect(try await bus.send("maintenance.show").text == reply.text)
        #expect(try await bus.send("whoami", as: "rider/a_1").code == "maintenance")
        #expect(try await bus.send("health.ready").code == "maintenance")
        #expect(try await bus.send("health.live").status == 200)
        #expect(
            try await bus.send("maintenance.set", #"{"on":false,"reason":"Mended."}"#, as: developer).text
                == #"{"level":"open","on":false,"reason":""}"#)
        #expect(try await bus.send("whoami", as: "rider/a_1").status == 200)
        #expect(try await bus.send("health.ready").status == 200)
    }

    @Test("Another reason does not begin it anew")
    func since() async throws {
        _ = try await bus.send("maintenance.set", #"{"on":true,"reason":"One."}"#, as: developer)
        fixture.clock.advance(seconds: 600)
        let reply = try await bus.send("maintenance.set", #"{"on":true,"reason":"Two."}"#, as: developer)
        #expect(reply.text == #"{"level":"shut","on":true,"reason":"Two.","since":"2026-11-24T12:00:00+05:30"}"#)
    }

    @Test("To shut the server, or to open it, takes a reason, and staff who are staff still")
    func refusals() async throws {
        for input in [#"{"on":true}"#, #"{"on":false}"#] {
            #expect(try await bus.send("maintenance.set", input, as: developer).violations == ["/reason is required"])
        }
        // Removed while the command was on its way: the bus has let it in, and its unit of work finds nobody.
        #expect(
            try await bus.send("maintenance.set", #"{"on":true,"reason":"x"}"#, as: "developer/a_gone").code
                == "session_revoked"
        )
        #expect(!maintenance.current.on)
        #expect(try await bus.send("maintenance.set", #"{"on":true,"reason":"x"}"#, as: "rider/a_1").code == "not_allowed")
        #expect(try await bus.send("maintenance.set", #"{"on":true,"reason":"x"}"#).code == "not_signed_in")
        #expect(try await bus.send("maintenance.set", #"{"on":true,"reason":"x"}"#, as: "god_admin/a_g").status == 200)
    }

    @Test("The next start finds it as it was")
    func remembered() async throws {
        #expect(try await nextStart() == .off)
        _ = try await bus.send("maintenance.set", #"{"on":true,"reason":"New tyres."}"#, as: developer)
        let state = try await nextStart()
        #expect(state == MaintenanceState(on: true, reason: "New tyres.", since: fixture.clock.now()))
        _ = try await bus.send("maintenance.set", #"{"on":false,"reason":"Mended."}"#, as: developer)
        #expect(try await nextStart() == .off)
    }

    /// What a server is told that starts on the same store.
    private func nextStart() async throws -> MaintenanceState {
        let next = MaintenanceSwitch()
        try await fixture.read { try next.reload(from: $0) }
        return next.current
    }

    @Test("The feed tells, and so does the event log")
    func feed() async throws {
        let reader = FeedReader()
        _ = try await fixture.feeds.subscribe(
            to: "maintenance", filter: FeedFilter(), since: nil, principal: nil, via: .sse, sink: reader
        )
        _ = try await bus.send("maintenance.set", #"{"on":true,"reason":"New tyres."}"#, as: developer)
        let events = try await reader.first(2)
        #expect(
            events.map(\.text) == [
                #"{"level":"open","on":false,"reason":""}"#,
                #"{"level":"shut","on":true,"reason":"New tyres.","since":"2026-11-24T12:00:00+05:30"}"#,
            ])
        #expect(try await fixture.kept.row(of: "events").texts("actor", "kind") == "a_dev maintenance.set")
    }
}

import Foundation
import Support
import Testing

@testable import CommandBus

@Suite("The audit log")
struct AuditTests {
    private let fixture: StoreFixture
    private let bus: CommandBus
    private let developer = "developer/a_dev"

    init() async throws {
        fixture = try await StoreFixture("audit")
        try await fixture.addStaff(.developer, "dev")
        bus = fixture.bus { registry in
            registry.registerAudit()
            registry.registerMaintenance(MaintenanceSwitch())
        }
    }

    private struct State: Encodable {
        let role: String
        let count: Int
    }

    /// Ten entries, a second apart: even ones of `a_even`, odd ones of `system`; of three subjects by turns.
    private func fill() async throws {
        for number in 0..<10 {
            fixture.clock.advance(seconds: 1)
            let principal = number.isMultiple(of: 2) ? NamedTokens.principal(.godAdmin, AccountID(trusted: "a_even")) : nil
            try await fixture.runner.run(fixture.context(principal)) { work in
                try work.audit(
                    number < 5 ? "staff.create" : "staff.revoke", subject: "a_\(number % 3)", reason: "Number \(number)",
                    before: number < 5 ? nil : State(role: "conductor", count: number), after: State(role: "x", count: 1)
                )
            }
        }
    }

    private func list(_ input: String = "") async throws -> Page<AuditView> {
        try await bus.send("audit.list", input, as: developer).output()
    }

    @Test("It lists who did what to whom, when, why, and how it was before and after")
    func entry() async throws {
        let principal = NamedTokens.principal(.godAdmin, AccountID(trusted: "a_god"))
        try await fixture.runner.run(fixture.context(principal)) { work in
            try work.audit(
                "staff.suspend", subject: "a_1", reason: "Keys were lost", before: State(role: "conductor", count: 1),
                after: nil
            )
        }
        let reply = try await bus.send("audit.list", as: developer)
        let page: Page<AuditView> = try reply.output()
        let entry = try #require(page.items.first)
        #expect(entry.at == fixture.clock.now())
        // JSON in JSON, and no text of it.
        #expect(
            reply.text
                == #"{"items":[{"action":"staff.suspend","actor":"a_god","at":"\#(entry.at)","#
                + #""before":{"count":1,"role":"conductor"},"id":"\#(entry.id)","reason":"Keys were lost","#
                + #""subject":"a_1","trace":"trace"}],"next":null}"#
        )
    }

    @Test("The newest come first, in pages")
    func pages() async throws {
        try await fill()
        #expect(try await list().items.map(\.reason) == (0..<10).reversed().map { "Number \($0)" })
        var found: [String] = []
        var after: PageCursor?
        repeat {
            let page = try await list(after.map { #"{"limit":4,"after":"\#($0.raw)"}"# } ?? #"{"limit":4}"#)
            found += page.items.map(\.reason)
            after = page.next
        } while after != nil
        #expect(found == (0..<10).reversed().map { "Number \($0)" })
    }

    @Test("It is asked by actor, subject and action, alone or together")
    func filters() async throws {
        try await fill()
        #expect(try await list(#"{"actor":"system"}"#).items.map(\.reason) == [9, 7, 5, 3, 1].map { "Number \($0)" })
        #expect(try await list(#"{"subject":"a_0"}"#).items.map(\.reason) == [9, 6, 3, 0].map { "Number \($0)" })
        #expect(try await list(#"{"action":"staff.create"}"#).items.count == 5)
        let both = try await list(#"{"action":"staff.revoke","actor":"a_even","subject":"a_0"}"#)
        #expect(both.items.map(\.reason) == ["Number 6"])
        #expect(try await list(#"{"actor":"a_nobody"}"#).items.isEmpty)
    }

    @Test("Only developers and god admins read it")
    func access() async throws {
        #expect(try await bus.send("audit.list", as: "god_admin/a_g").status == 200)
        #expect(try await bus.send("audit.list", as: "conductor/a_c").code == "not_allowed")
        #expect(try await bus.send("audit.list", as: "rider/a_r").code == "not_allowed")
        #expect(try await bus.send("audit.list").code == "not_signed_in")
    }

    @Test("A wrong filter is named")
    func badInput() async throws {
        for (input, pointer) in [
            (#"{"actor":"no spaces allowed"}"#, "/actor"), (#"{"subject":""}"#, "/subject"), (#"{"limit":0}"#, "/limit"),
            (#"{"action":"\#(String(repeating: "x", count: 65))"}"#, "/action"), (#"{"after":"YR9h"}"#, "/after"),
            (#"{"after":"\#(PageCursor("a", "b").raw)"}"#, "/after"),
        ] {
            let reply = try await bus.send("audit.list", input, as: developer)
            #expect(reply.status == 422)
            #expect(reply.problem?.errors?.map(\.pointer) == [pointer])
        }
    }

    @Test("What is undone is in no audit log")
    func undone() async throws {
        struct Undo: Error {}
        await #expect(throws: Undo.self) {
            try await fixture.work { work in
                try work.audit("staff.revoke", subject: "a_1", reason: "No", before: nil, after: State(role: "x", count: 1))
                throw Undo()
            }
        }
        #expect(try await list().items.isEmpty)
    }

    @Test("The switch of maintenance is in it, with its reason")
    func maintenance() async throws {
        _ = try await bus.send("maintenance.set", #"{"on":true,"reason":"New tyres."}"#, as: developer)
        // A refusal is no action.
        _ = try await bus.send("maintenance.set", #"{"on":true}"#, as: developer)
        let entries = try await fixture.read { try $0.audit(AuditQuery(limit: 10)) }
        #expect(entries.map(\.action) == ["maintenance.set"])
        let entry = try #require(entries.first)
        #expect("\(entry.actor) \(entry.subject) \(entry.reason)" == "a_dev server New tyres.")
        #expect(try WireJSON.decode(StoredClosure.self, from: try #require(entry.before)) == .never)
        #expect(try WireJSON.decode(StoredClosure.self, from: try #require(entry.after)).reason == "New tyres.")
    }
}

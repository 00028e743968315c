import CommandBus
import Foundation
import Storage
import Support
import Testing

@Suite("The audit log and the event log as the store keeps them")
struct LogRecordsTests {
    private let fixture: StoreFixture

    init() async throws {
        fixture = try await StoreFixture("logs")
    }

    private func entry(
        _ name: String, actor: String = "a_1", action: String = "staff.update", subject: String = "a_2",
        before: String? = nil, after: String? = nil
    ) -> AuditEntry {
        AuditEntry(
            id: AuditID(trusted: "au_\(name)"), at: at(5), actor: actor, action: action, subject: subject,
            reason: "because “\(name)”", before: before.map { Data($0.utf8) }, after: after.map { Data($0.utf8) },
            trace: "trace"
        )
    }

    private func found(_ query: AuditQuery) async throws -> [String] {
        try await fixture.read { try $0.audit(query).map { String($0.id.raw.dropFirst(3)) } }
    }

    @Test("Entries of the audit log are kept whole, with and without a before and an after")
    func whole() async throws {
        let entries = [
            entry("3", before: #"{"role":"conductor"}"#, after: "{}"), entry("2", after: "{}"), entry("1", before: ""),
        ]
        try await fixture.work { work in
            try work.tx.append([] as [AuditEntry])
            try work.tx.append(Array(entries.reversed()))
        }
        #expect(try await fixture.read { try $0.audit(AuditQuery(limit: 9)) } == entries)
    }

    @Test("They are found by actor, subject and action, page by page, the newest first")
    func query() async throws {
        let entries = [
            entry("1", actor: "a_1", subject: "a_2"), entry("2", actor: "a_1", action: "staff.revoke", subject: "a_3"),
            entry("3", actor: "a_4", subject: "a_2"), entry("4", actor: "system", action: "staff.create", subject: "a_2"),
        ]
        try await fixture.work { work in try work.tx.append(entries) }
        #expect(try await found(AuditQuery(limit: 9)) == ["4", "3", "2", "1"])
        #expect(try await found(AuditQuery(limit: 2)) == ["4", "3"])
        #expect(try await found(AuditQuery(before: AuditID(trusted: "au_3"), limit: 9)) == ["2", "1"])
        #expect(try await found(AuditQuery(limit: 0)) == [])
        #expect(try await found(AuditQuery(actor: "a_1", limit: 9)) == ["2", "1"])
        #expect(try await found(AuditQuery(subject: "a_2", limit: 9)) == ["4", "3", "1"])
        #expect(try await found(AuditQuery(subject: "a_2", before: AuditID(trusted: "au_4"), limit: 1)) == ["3"])
        #expect(try await found(AuditQuery(action: "staff.revoke", limit: 9)) == ["2"])
        #expect(try await found(AuditQuery(actor: "a_1", subject: "a_2", action: "staff.update", limit: 9)) == ["1"])
        #expect(try await found(AuditQuery(actor: "a_1", action: "staff.create", limit: 9)) == [])
    }

    @Test("What a unit of work writes into them is there with what it did, or not at all")
    func together() async throws {
        struct State: Encodable { let role: String }
        let body: @Sendable (Work<SuiteTransaction>) throws -> Void = { work in
            try work.tx.set("name", Data("1".utf8))
            try work.audit("staff.update", subject: "a_1", reason: "why", before: nil, after: State(role: "conductor"))
            try work.record("staff.updated", subject: "a_1", ["a": 1])
        }
        await #expect(throws: Problem.notFound("luck")) {
            try await fixture.work { work in
                try body(work)
                throw Problem.notFound("luck")
            }
        }
        #expect(try await fixture.kept.count(of: "audit") == 0)
        #expect(try await fixture.read { try $0.setting("name") } == nil)
        try await fixture.work { work in try body(work) }
        let entry = try #require(try await fixture.read { try $0.audit(AuditQuery(limit: 9)) }.first)
        #expect(entry.actor == "system" && entry.at == fixture.clock.now())
        #expect(entry.before == nil && entry.after == Data(#"{"role":"conductor"}"#.utf8))
        let events = try await fixture.read { try $0.events(of: "a_1", before: nil, limit: 9) }
        #expect(events.map(\.kind) == ["staff.updated"])
        #expect(events.first?.data == Data(#"{"a":1}"#.utf8))
    }

    @Test("The events of a subject come the newest first, page by page, and without those of others")
    func events() async throws {
        for number in 0..<5 {
            fixture.clock.advance(seconds: 1)
            try await fixture.work { work in
                try work.record("bus.\(number)", subject: "a_1", ["number": number])
                try work.record("bus.other", subject: "a_2", ["number": number])
            }
        }
        let first = try await fixture.read { try $0.events(of: "a_1", before: nil, limit: 3) }
        #expect(first.map(\.kind) == ["bus.4", "bus.3", "bus.2"])
        #expect(first.allSatisfy { $0.subject == "a_1" && $0.actor == "system" })
        let last = try #require(first.last?.id)
        let second = try await fixture.read { try $0.events(of: "a_1", before: last, limit: 3) }
        #expect(second.map(\.kind) == ["bus.1", "bus.0"])
        #expect(try await fixture.read { try $0.events(of: "a_3", before: nil, limit: 3) } == [])
    }
}

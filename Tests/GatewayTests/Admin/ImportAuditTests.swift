import CommandBus
import Foundation
import Support
import Testing

@testable import Gateway

/// An import is done at the server's machine, past every command: the audit log has it all the same.
@Suite(.serialized)
struct ImportAuditTests {
    @Test(.timeLimit(.minutes(2)))
    func anImportIsInTheAuditLogWithItsCounts() async throws {
        try await RunningGateway.with { gateway in
            // The demo has imported its timetable.
            let query = AuditQuery(action: "timetable.import", limit: 9)
            let entries = try await gateway.core.store.read { try $0.audit(query) }
            let entry = try #require(entries.first)
            #expect(entries.count == 1)
            #expect(entry.actor == "system" && entry.subject == "timetable")
            #expect(entry.reason == "at the server's machine")
            #expect(entry.before == nil)
            let counts = try WireJSON.decode([String: Int].self, from: try #require(entry.after))
            #expect(
                counts.keys.sorted() == [
                    "buses", "changed", "corrected", "ended", "refused", "routes", "stops", "withdrawn",
                ]
            )
            #expect((counts["buses"] ?? 0) > 0)
            let event = try await gateway.kept.row(of: "events") { $0["kind"] == "timetable.imported" }
            #expect(event.text("data")?.contains(#""source":"#) == true)
        }
    }
}
